-- Whatever changes what a person may see of their confirmation says so by itself, in the transaction that changes it:
-- no code path can forget to (promise P8). The payload is the user's id and nothing else.
CREATE FUNCTION notify_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('confirmation', NEW.user_id::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION notify_confirmation_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('confirmation', NEW.id::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER users_notify AFTER UPDATE OF email, email_confirmed_at ON users
  FOR EACH ROW EXECUTE FUNCTION notify_confirmation_user();
--> statement-breakpoint
CREATE TRIGGER deliveries_notify AFTER INSERT OR UPDATE OF status, next_attempt_at, attempt_count ON deliveries
  FOR EACH ROW EXECUTE FUNCTION notify_confirmation();
--> statement-breakpoint
CREATE TRIGGER confirmation_codes_notify AFTER UPDATE OF tries, expires_at ON confirmation_codes
  FOR EACH ROW EXECUTE FUNCTION notify_confirmation();
--> statement-breakpoint
-- Wakes the relay when an event waits.
CREATE FUNCTION notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('outbox', '');
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox();

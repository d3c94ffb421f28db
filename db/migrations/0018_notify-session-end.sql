-- A session that ends is news for the stream that it opened: nothing more may go out to it. Those whose time is over
-- anyway are removed in bulk, and nobody listens to them.
CREATE FUNCTION notify_session_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('confirmation', OLD.user_id::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER sessions_notify_end AFTER UPDATE OF revoked_at, expires_at ON sessions
  FOR EACH ROW WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at OR OLD.expires_at > NEW.expires_at)
  EXECUTE FUNCTION notify_session_end();
--> statement-breakpoint
CREATE TRIGGER sessions_notify_removed AFTER DELETE ON sessions
  FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND OLD.expires_at > now())
  EXECUTE FUNCTION notify_session_end();

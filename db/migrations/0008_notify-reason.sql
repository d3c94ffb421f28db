-- `delayed` is told by the reason alone: the mail stays `sent`, and the page has to hear of it all the same (P8).
DROP TRIGGER deliveries_notify ON deliveries;
--> statement-breakpoint
CREATE TRIGGER deliveries_notify AFTER INSERT OR UPDATE OF status, next_attempt_at, attempt_count, reason_code ON deliveries
  FOR EACH ROW EXECUTE FUNCTION notify_confirmation();

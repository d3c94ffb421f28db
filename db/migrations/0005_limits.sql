ALTER TYPE "public"."attempt_outcome" ADD VALUE 'withheld';--> statement-breakpoint
CREATE TABLE "rate_limits" (
	"key" text PRIMARY KEY NOT NULL,
	"hits" timestamp (3) with time zone[] NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "address_change_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "claim_network" text;--> statement-breakpoint
-- A claim that ends is news for the page that shows it.
DROP TRIGGER users_notify ON users;
--> statement-breakpoint
CREATE TRIGGER users_notify AFTER UPDATE OF email, email_confirmed_at, claim_expires_at ON users
  FOR EACH ROW EXECUTE FUNCTION notify_confirmation_user();

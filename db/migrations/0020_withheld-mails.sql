ALTER TABLE "deliveries" ADD COLUMN "end_shown_from" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "delivery_attempts" ADD COLUMN "is_rehearsal" boolean DEFAULT false NOT NULL;--> statement-breakpoint
-- Withheld mails that were to show as delivered in time, as they were written before.
UPDATE "deliveries" SET "status" = 'delivered', "end_shown_from" = "delivered_at" WHERE "status" = 'sent' AND "delivered_at" IS NOT NULL;

ALTER TYPE "public"."audit_type" ADD VALUE 'mail_requested';--> statement-breakpoint
CREATE TABLE "answer_times" (
	"seconds" smallint NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"bucket" smallint NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "answer_times_seconds_starts_at_bucket_pk" PRIMARY KEY("seconds","starts_at","bucket")
);
--> statement-breakpoint
CREATE TABLE "server_processes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL,
	"engine" text NOT NULL,
	"mail_provider" text
);
--> statement-breakpoint
DROP INDEX "audit_log_at_idx";--> statement-breakpoint
DROP INDEX "audit_log_user_idx";--> statement-breakpoint
DROP INDEX "delivery_attempts_provider_idx";--> statement-breakpoint
DROP INDEX "delivery_attempts_error_idx";--> statement-breakpoint
ALTER TABLE "delivery_attempts" ADD COLUMN "queued_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
-- Written by hand: the attempts that are there already.
UPDATE "delivery_attempts" SET "queued_at" = "deliveries"."created_at" FROM "deliveries" WHERE "deliveries"."id" = "delivery_attempts"."delivery_id";--> statement-breakpoint
CREATE INDEX "server_processes_seen_idx" ON "server_processes" USING btree ("seen_at");--> statement-breakpoint
CREATE INDEX "audit_log_type_idx" ON "audit_log" USING btree ("type","at","id");--> statement-breakpoint
CREATE INDEX "audit_log_operator_idx" ON "audit_log" USING btree ("at","id") WHERE "audit_log"."actor" = 'operator';--> statement-breakpoint
CREATE INDEX "deliveries_masked_idx" ON "deliveries" USING btree (split_part("recipient", '@', 2),left("recipient", 1),right(split_part("recipient", '@', 1), 1),"created_at","id");--> statement-breakpoint
CREATE INDEX "delivery_attempts_provider_error_idx" ON "delivery_attempts" USING btree ("provider","error_class","queued_at","delivery_id") WHERE "delivery_attempts"."error_class" is not null;--> statement-breakpoint
CREATE INDEX "audit_log_at_idx" ON "audit_log" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "audit_log_user_idx" ON "audit_log" USING btree ("user_id","at","id");--> statement-breakpoint
CREATE INDEX "delivery_attempts_provider_idx" ON "delivery_attempts" USING btree ("provider","queued_at","delivery_id");--> statement-breakpoint
CREATE INDEX "delivery_attempts_error_idx" ON "delivery_attempts" USING btree ("error_class","queued_at","delivery_id") WHERE "delivery_attempts"."error_class" is not null;
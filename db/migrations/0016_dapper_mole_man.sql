ALTER TYPE "public"."audit_type" ADD VALUE 'mail_requested';--> statement-breakpoint
CREATE TABLE "answer_times" (
	"minute" timestamp (3) with time zone NOT NULL,
	"bucket" smallint NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "answer_times_minute_bucket_pk" PRIMARY KEY("minute","bucket")
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
CREATE INDEX "server_processes_seen_idx" ON "server_processes" USING btree ("seen_at");--> statement-breakpoint
CREATE INDEX "audit_log_type_idx" ON "audit_log" USING btree ("type","at","id");--> statement-breakpoint
CREATE INDEX "audit_log_operator_idx" ON "audit_log" USING btree ("at","id") WHERE "audit_log"."actor" = 'operator';--> statement-breakpoint
CREATE INDEX "audit_log_at_idx" ON "audit_log" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "audit_log_user_idx" ON "audit_log" USING btree ("user_id","at","id");
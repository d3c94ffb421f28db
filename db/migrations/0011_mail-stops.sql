ALTER TYPE "public"."audit_type" ADD VALUE 'disowned';--> statement-breakpoint
CREATE TABLE "mail_stops" (
	"email_hash" text PRIMARY KEY NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "mail_stops_ends_idx" ON "mail_stops" USING btree ("ends_at");
CREATE TABLE "removed_mails" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "removed_mails_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"starts_at" timestamp (3) with time zone NOT NULL,
	"queued" integer NOT NULL,
	"arrived" integer NOT NULL,
	"bounced" integer NOT NULL,
	"failed" integer NOT NULL,
	"tried" integer NOT NULL,
	"retried" integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX "removed_mails_starts_at_idx" ON "removed_mails" USING btree ("starts_at");
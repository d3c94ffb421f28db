CREATE TABLE "forgotten_ids" (
	"id" uuid PRIMARY KEY NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "forgotten_ids_created_at_idx" ON "forgotten_ids" USING btree ("created_at");
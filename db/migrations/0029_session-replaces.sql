ALTER TABLE "sessions" ADD COLUMN "replaces" uuid;--> statement-breakpoint
CREATE INDEX "sessions_replaces_idx" ON "sessions" USING btree ("replaces") WHERE "sessions"."replaces" is not null;
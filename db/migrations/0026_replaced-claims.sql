ALTER TABLE "users" ADD COLUMN "replaces" uuid;--> statement-breakpoint
CREATE INDEX "users_replaces_idx" ON "users" USING btree ("replaces") WHERE "users"."replaces" is not null;
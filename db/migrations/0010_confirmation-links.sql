ALTER TABLE "confirmation_codes" ADD COLUMN "link_hash" text;--> statement-breakpoint
CREATE UNIQUE INDEX "confirmation_codes_link_key" ON "confirmation_codes" USING btree ("link_hash");
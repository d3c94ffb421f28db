ALTER TABLE "deliveries" ADD COLUMN "stands_for_id" uuid;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_stands_for_id_deliveries_id_fk" FOREIGN KEY ("stands_for_id") REFERENCES "public"."deliveries"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "deliveries_recipient_idx" ON "deliveries" USING btree ("recipient","created_at");--> statement-breakpoint
CREATE INDEX "deliveries_stands_for_idx" ON "deliveries" USING btree ("stands_for_id") WHERE "deliveries"."stands_for_id" is not null;
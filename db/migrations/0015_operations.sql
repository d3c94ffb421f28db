ALTER TYPE "public"."audit_type" ADD VALUE 'operator_signed_in';--> statement-breakpoint
ALTER TYPE "public"."audit_type" ADD VALUE 'operator_sign_in_refused';--> statement-breakpoint
ALTER TYPE "public"."audit_type" ADD VALUE 'operator_signed_out';--> statement-breakpoint
ALTER TYPE "public"."audit_type" ADD VALUE 'delivery_replayed';--> statement-breakpoint
ALTER TYPE "public"."audit_type" ADD VALUE 'delivery_cancelled';--> statement-breakpoint
CREATE TABLE "operator_sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
DROP INDEX "deliveries_created_idx";--> statement-breakpoint
CREATE INDEX "operator_sessions_expires_idx" ON "operator_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "deliveries_status_idx" ON "deliveries" USING btree ("status","created_at","id");--> statement-breakpoint
CREATE INDEX "deliveries_domain_idx" ON "deliveries" USING btree (split_part("recipient", '@', 2),"created_at","id");--> statement-breakpoint
CREATE INDEX "delivery_attempts_provider_idx" ON "delivery_attempts" USING btree ("provider","delivery_id");--> statement-breakpoint
CREATE INDEX "delivery_attempts_error_idx" ON "delivery_attempts" USING btree ("error_class","delivery_id") WHERE "delivery_attempts"."error_class" is not null;--> statement-breakpoint
CREATE INDEX "outbox_delivery_idx" ON "outbox" USING btree (("data" ->> 'deliveryId'));--> statement-breakpoint
CREATE INDEX "deliveries_created_idx" ON "deliveries" USING btree ("created_at","id");
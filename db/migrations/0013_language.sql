ALTER TABLE "deliveries" ADD COLUMN "language" text DEFAULT 'en' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "language" text DEFAULT 'en' NOT NULL;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_language_check" CHECK ("deliveries"."language" in ('en', 'de', 'fr', 'es', 'pt', 'ja', 'zh', 'ar', 'fa'));--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_language_check" CHECK ("users"."language" in ('en', 'de', 'fr', 'es', 'pt', 'ja', 'zh', 'ar', 'fa'));
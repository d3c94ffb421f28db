ALTER TYPE "public"."delivery_kind" ADD VALUE 'address_changed';--> statement-breakpoint
ALTER TYPE "public"."delivery_kind" ADD VALUE 'welcome';
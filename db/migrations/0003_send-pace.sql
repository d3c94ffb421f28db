CREATE TABLE "send_pace" (
	"lane" text PRIMARY KEY NOT NULL,
	"gate_at" timestamp (3) with time zone NOT NULL,
	"plan_at" timestamp (3) with time zone NOT NULL
);

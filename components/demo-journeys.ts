// The journeys of the front page's demo: real states, as the API would tell them, one frame after the other. Pure.
import type { Confirmation, DeliveryReason, DeliveryStatus } from "@/domain/confirmation-state";

export type Frame = {
  confirmation: Confirmation;
  /** How long the frame is shown. */
  holdMs: number;
  /** How much time passes in the story meanwhile: a wait of a minute takes seconds here. */
  passesMs: number;
};

export type Journey = { key: "calm" | "retry" | "bounce"; frames: Frame[] };

type Moment = {
  atSeconds: number;
  status: DeliveryStatus;
  holdMs: number;
  attempt?: number;
  nextAtSeconds?: number;
  reason?: DeliveryReason;
};

// The page has its own words for these codes.
const NO_ANSWER = { code: "timeout", message: "" };
const NO_MAILBOX = { code: "mailbox_unavailable", message: "" };

/** The journeys of somebody who registered at `startedAt` (ISO 8601). */
export function makeJourneys(startedAt: string): Journey[] {
  const journey = (key: Journey["key"], moments: Moment[]): Journey => ({
    key,
    frames: moments.map((moment, index) => {
      const next = moments[index + 1];
      return {
        confirmation: describeMoment(startedAt, moments.slice(0, index + 1)),
        holdMs: moment.holdMs,
        passesMs: next ? (next.atSeconds - moment.atSeconds) * 1000 : moment.holdMs,
      };
    }),
  });
  return [
    journey("calm", [
      { atSeconds: 0, status: "queued", holdMs: 1800 },
      { atSeconds: 2, status: "sending", holdMs: 1200, attempt: 1 },
      { atSeconds: 3, status: "sent", holdMs: 2200, attempt: 1 },
      { atSeconds: 6, status: "delivered", holdMs: 4500, attempt: 1 },
    ]),
    journey("retry", [
      { atSeconds: 0, status: "queued", holdMs: 1500 },
      { atSeconds: 2, status: "sending", holdMs: 1500, attempt: 1 },
      { atSeconds: 12, status: "retrying", holdMs: 5000, attempt: 1, nextAtSeconds: 72, reason: NO_ANSWER },
      { atSeconds: 72, status: "sending", holdMs: 1500, attempt: 2 },
      { atSeconds: 82, status: "retrying", holdMs: 5000, attempt: 2, nextAtSeconds: 202, reason: NO_ANSWER },
      { atSeconds: 202, status: "sending", holdMs: 1200, attempt: 3 },
      { atSeconds: 203, status: "sent", holdMs: 4500, attempt: 3 },
    ]),
    journey("bounce", [
      { atSeconds: 0, status: "queued", holdMs: 1500 },
      { atSeconds: 2, status: "sending", holdMs: 1200, attempt: 1 },
      { atSeconds: 3, status: "sent", holdMs: 1800, attempt: 1 },
      { atSeconds: 9, status: "bounced", holdMs: 5500, attempt: 1, reason: NO_MAILBOX },
    ]),
  ];
}

function describeMoment(startedAt: string, past: Moment[]): Confirmation {
  const instant = (seconds: number) => new Date(Date.parse(startedAt) + seconds * 1000).toISOString();
  const when = (status: DeliveryStatus) => {
    const moment = past.find((candidate) => candidate.status === status);
    return moment ? instant(moment.atSeconds) : null;
  };
  const now = past.at(-1) ?? { atSeconds: 0, status: "queued", holdMs: 0 };
  const sentAt = when("sent");
  return {
    confirmed: false,
    email: "ada@example.com",
    registered_at: startedAt,
    delivery: {
      id: "00000000-0000-4000-8000-000000000000",
      status: now.status,
      attempt: now.attempt ?? 0,
      max_attempts: 6,
      queued_at: startedAt,
      next_attempt_at: now.nextAtSeconds === undefined ? null : instant(now.nextAtSeconds),
      sent_at: sentAt,
      delivered_at: when("delivered"),
      reason: now.reason ?? null,
    },
    code: {
      tries_left: 5,
      next_try_at: null,
      expires_at: sentAt && new Date(Date.parse(sentAt) + 15 * 60_000).toISOString(),
    },
    resend: { allowed: false, next_allowed_at: instant(60), reason: "cooldown" },
    email_changes_left: 3,
    server_time: instant(now.atSeconds),
  };
}

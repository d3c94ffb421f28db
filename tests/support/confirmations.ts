// States of a confirmation as the API would tell them, for tests of what shows them.
import type { Confirmation } from "@/domain/confirmation-state";

type Delivery = NonNullable<Confirmation["delivery"]>;

export const SERVER_TIME = "2026-11-24T10:00:30.000Z";

/** A registration 30 s old; `delivery` says where its mail stands. */
export function makeConfirmation(
  delivery: Partial<Delivery> | null = {},
  rest: Partial<Omit<Confirmation, "delivery">> = {},
): Confirmation {
  return {
    confirmed: false,
    email: "ada@example.com",
    registered_at: "2026-11-24T10:00:00.000Z",
    delivery: delivery && {
      id: "11111111-1111-4111-8111-111111111111",
      status: "queued",
      attempt: 0,
      max_attempts: 6,
      queued_at: "2026-11-24T10:00:00.000Z",
      next_attempt_at: null,
      sent_at: null,
      delivered_at: null,
      reason: null,
      ...delivery,
    },
    code: { tries_left: 5, next_try_at: null, expires_at: null },
    resend: { allowed: true, next_allowed_at: null, reason: null },
    email_changes_left: 3,
    server_time: SERVER_TIME,
    ...rest,
  };
}

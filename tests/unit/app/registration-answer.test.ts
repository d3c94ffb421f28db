// The answer to a registration says one thing, whenever its mail went out.
import { describe, expect, test } from "vitest";
import { describeDispatch, registrationAnswer } from "@/app/api/v1/usr/register/answer";
import type { DeliveryStatus } from "@/domain/confirmation-state";
import type { Registration } from "@/domain/registration";
import type { Dispatch } from "@/inngest/dispatch";
import { makeConfirmation } from "@/tests/support/confirmations";

const registration: Registration = {
  deliveryId: "d-1",
  outboxId: "o-1",
  event: { id: "o-1", name: "user/registered", data: {}, createdAt: new Date("2026-05-01T12:00:00Z") },
  user: {
    id: "u-1",
    username: "ada",
    email: "ada@example.com",
    email_confirmed: false,
    created_at: "2026-05-01T12:00:00.000Z",
  },
  session: {
    expiresAt: new Date("2026-05-02T12:00:00Z"),
    tokens: { access_token: "a", refresh_token: "r" },
    identity: { sessionId: "s-1", userId: "u-1", scope: "claim" },
  },
};
const LATE: Dispatch = { queued: false, sent: false, error: "Failed to queue email: Timed out" };
const answerOf = (dispatch: Dispatch, status: DeliveryStatus | null) =>
  registrationAnswer(registration, dispatch, status);

describe("a send that ended just after its budget", () => {
  test.each(["sent", "delivered"] as const)("is told as sent when it is %s by now", (status) => {
    const answer = answerOf(LATE, status);
    expect(answer).toMatchObject({
      email_confirmation_sent: true,
      email_info: { email_sent: true, email_queued: false },
      delivery: { status },
    });
    expect(answer.message).toContain("Please check your email");
    expect(answer.email_info).not.toHaveProperty("error");
    expect(answer.email_info).not.toHaveProperty("will_retry");
  });

  test.each(["queued", "sending", "retrying"] as const)("is told as not out yet while it is %s", (status) => {
    expect(answerOf(LATE, status)).toMatchObject({
      email_confirmation_sent: false,
      email_info: { email_sent: false, will_retry: true, error: "Failed to queue email: Timed out" },
      delivery: { status },
    });
  });

  test("is told as failed when it has", () => {
    expect(answerOf(LATE, "failed")).toMatchObject({
      email_confirmation_sent: false,
      email_info: { email_sent: false, will_retry: false },
      delivery: { status: "failed" },
    });
  });
});

test("where the database cannot tell the state, the answer is what the dispatch knows", () => {
  expect(answerOf(LATE, null)).toMatchObject({
    email_confirmation_sent: false,
    email_info: { will_retry: true },
    delivery: { status: "queued" },
  });
  expect(answerOf({ queued: false, sent: true }, null)).toMatchObject({
    email_confirmation_sent: true,
    delivery: { status: "sent" },
  });
  expect(answerOf({ queued: true }, null)).toMatchObject({
    email_confirmation_sent: true,
    email_info: { email_queued: true },
    delivery: { status: "queued" },
  });
});

test("a registration that comes once more is told what became of its mail", () => {
  const told = (status: DeliveryStatus, reason: { code: string; message: string } | null = null) => {
    const dispatch = describeDispatch(makeConfirmation({ status, reason }).delivery);
    return registrationAnswer(registration, dispatch, status);
  };
  for (const status of ["queued", "sending"] as const)
    expect(told(status)).toMatchObject({
      email_confirmation_sent: true,
      email_info: { email_queued: true },
      delivery: { id: "d-1", status },
    });
  for (const status of ["sent", "delivered"] as const)
    expect(told(status)).toMatchObject({ email_confirmation_sent: true, email_info: { email_sent: true } });
  expect(told("failed", { code: "timeout", message: "The mail server did not answer." })).toMatchObject({
    email_confirmation_sent: false,
    email_info: {
      error: "Failed to send email: The mail server did not answer.",
      can_resend: true,
      will_retry: false,
    },
  });
  // The queue may have been away when it came first, and the try inside of the request have failed.
  expect(told("retrying", { code: "timeout", message: "The mail server did not answer." })).toMatchObject({
    email_confirmation_sent: false,
    email_info: { email_sent: false, can_resend: true, will_retry: true },
  });
  expect(describeDispatch(null)).toEqual({ queued: true });
});

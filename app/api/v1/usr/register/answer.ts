// What a registration is answered, from what became of its mail so far. Pure.
import type { Confirmation, DeliveryStatus } from "@/domain/confirmation-state";
import { hasBeenTaken, isOpen } from "@/domain/delivery-status";
import type { Repetition } from "@/domain/register-once";
import type { Registration } from "@/domain/registration";
import type { Dispatch } from "@/inngest/dispatch";

const CHECK_YOUR_EMAIL = "Registration successful! Please check your email for confirmation code.";
const NOT_SENT_YET =
  "Registration successful! We could not send the confirmation email yet. You can ask for a new code.";

/**
 * `status`: as the database has it after the dispatch, null when it cannot tell. A send that ended just after its budget
 * is a send: the state decides, so that the answer does not contradict itself.
 */
export function registrationAnswer(
  { user, session, deliveryId }: Registration | Repetition,
  dispatch: Dispatch,
  status: DeliveryStatus | null,
) {
  const isSent = !dispatch.queued && (dispatch.sent || (status !== null && hasBeenTaken(status)));
  const isOut = dispatch.queued || isSent;
  return {
    ...session.tokens,
    user_data: user,
    email_confirmation_sent: isOut,
    message: isOut ? CHECK_YOUR_EMAIL : NOT_SENT_YET,
    email_info: emailInfo(dispatch, isSent, status),
    delivery: {
      id: deliveryId,
      status: status ?? (isSent ? "sent" : "queued"),
      links: {
        confirmation: "/api/v1/usr/confirmation",
        events: "/api/v1/usr/confirmation/events",
        confirm: "/api/v1/usr/confirm-email",
        resend: "/api/v1/usr/resend-confirmation",
        change_email: "/api/v1/usr/change-email",
      },
    },
  };
}

/** What was done with the mail of a registration that comes once more; null where the database cannot tell. */
export function describeDispatch(mail: Confirmation["delivery"]): Dispatch {
  // A try that has failed is told as what it is, as it was to whoever was told of it first; another one is to come.
  if (mail === null || (isOpen(mail.status) && mail.status !== "retrying")) return { queued: true };
  if (hasBeenTaken(mail.status)) return { queued: false, sent: true };
  return {
    queued: false,
    sent: false,
    error: `Failed to send email: ${mail.reason?.message ?? mail.status}`,
  };
}

function emailInfo(dispatch: Dispatch, isSent: boolean, status: DeliveryStatus | null) {
  if (dispatch.queued)
    return { email_queued: true, message: "Email confirmation is being sent in the background" };
  if (isSent || dispatch.sent)
    return { email_sent: true, email_queued: false, message: "Email confirmation was sent" };
  return {
    email_sent: false,
    email_queued: false,
    error: dispatch.error,
    can_resend: true,
    will_retry: status === null || isOpen(status),
  };
}

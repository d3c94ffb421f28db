// The contract of the system this replaces, to the letter (DESIGN.md section 3).

import { sessionCookie } from "@/app/_auth/cookie";
import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm, isFromOwnPage, parseFields } from "@/app/_http/request";
import { registerFields } from "@/app/_http/schemas";
import type { DeliveryStatus } from "@/domain/confirmation-state";
import { isOpen } from "@/domain/delivery-status";
import { getConfirmation } from "@/domain/email-confirmation";
import { type Registration, registerUser } from "@/domain/registration";
import { type Dispatch, dispatchDelivery } from "@/inngest/dispatch";
import { services } from "@/services";

/** Registers a claim and hands its mail to the engine. 201 whatever becomes of the mail. */
export function POST(request: Request): Promise<Response> {
  return handlePost(
    request,
    { form: "register", backTo: "/register", keep: ["username", "email"], mindsSilence: true },
    async (fields, startedAt) => {
      const input = {
        ...parseFields(registerFields(services().settings.passwordMin), fields),
        ...clientOf(request),
        language: languageOf(request),
      };
      const registration = await services().database.within(() => registerUser(services(), input));
      // It is written: whatever the database does from here on, the answer is yes. Dispatching has limits of its own.
      const dispatch = await dispatchDelivery(services(), registration, { startedAt });
      const forBrowser = isForm(request) || isFromOwnPage(request);
      return {
        status: 201,
        body: await registrationAnswer(registration, dispatch),
        cookies: forBrowser ? [await sessionCookie(registration.session)] : [],
        headers: { location: "/api/v1/usr/confirmation" },
        location: "/confirm",
      };
    },
  );
}

const CHECK_YOUR_EMAIL = "Registration successful! Please check your email for confirmation code.";
const NOT_SENT_YET =
  "Registration successful! We could not send the confirmation email yet. You can ask for a new code.";

async function registrationAnswer({ user, session, deliveryId }: Registration, dispatch: Dispatch) {
  const isOut = dispatch.queued || dispatch.sent;
  const status = dispatch.queued ? "queued" : await currentStatus(user.id);
  return {
    ...session.tokens,
    user_data: user,
    email_confirmation_sent: isOut,
    message: isOut ? CHECK_YOUR_EMAIL : NOT_SENT_YET,
    email_info: emailInfo(dispatch, status),
    delivery: {
      id: deliveryId,
      status,
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

function emailInfo(dispatch: Dispatch, status: DeliveryStatus) {
  if (dispatch.queued)
    return { email_queued: true, message: "Email confirmation is being sent in the background" };
  if (dispatch.sent) return { email_sent: true, email_queued: false, message: "Email confirmation was sent" };
  return {
    email_sent: false,
    email_queued: false,
    error: dispatch.error,
    can_resend: true,
    will_retry: isOpen(status),
  };
}

/** As it was written, where the database cannot tell. */
async function currentStatus(userId: string): Promise<DeliveryStatus> {
  try {
    const read = () => getConfirmation(services(), userId);
    return (await services().database.within(read))?.delivery?.status ?? "queued";
  } catch (error) {
    services().log.warn({ err: error, userId }, "The state of a new delivery could not be read");
    return "queued";
  }
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

// The contract of the system this replaces, to the letter (DESIGN.md section 3).

import { sessionCookie } from "@/app/_auth/cookie";
import { clientOf } from "@/app/_http/client-network";
import { isCrowded } from "@/app/_http/give-way";
import { handlePost } from "@/app/_http/handle";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm, isFromOwnPage, parseFields } from "@/app/_http/request";
import { registerFields } from "@/app/_http/schemas";
import type { DeliveryStatus } from "@/domain/confirmation-state";
import { getConfirmation } from "@/domain/email-confirmation";
import { type Registration, registerUser } from "@/domain/registration";
import { dispatchDelivery } from "@/inngest/dispatch";
import { services } from "@/services";
import { registrationAnswer } from "./answer";

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
      const dispatch = await dispatchDelivery(services(), registration, {
        startedAt,
        isCrowded: isCrowded(),
      });
      const forBrowser = isForm(request) || isFromOwnPage(request);
      return {
        status: 201,
        body: registrationAnswer(
          registration,
          dispatch,
          dispatch.queued ? null : await currentStatus(registration),
        ),
        cookies: forBrowser ? [await sessionCookie(registration.session)] : [],
        headers: { location: "/api/v1/usr/confirmation" },
        location: "/confirm",
      };
    },
  );
}

/** Null where the database cannot tell. */
async function currentStatus({ user: { id: userId } }: Registration): Promise<DeliveryStatus | null> {
  try {
    const read = () => getConfirmation(services(), userId);
    return (await services().database.within(read))?.delivery?.status ?? null;
  } catch (error) {
    services().log.warn({ err: error, userId }, "The state of a new delivery could not be read");
    return null;
  }
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

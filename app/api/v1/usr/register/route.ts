// The contract of the system this replaces, to the letter (DESIGN.md section 3).

import { authenticateIfSignedIn } from "@/app/_auth/authenticate";
import { takeOverBrowser } from "@/app/_auth/replaced-session";
import { clientOf } from "@/app/_http/client-network";
import { isCrowded } from "@/app/_http/give-way";
import { handlePost } from "@/app/_http/handle";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm, isFromOwnPage, parseFields } from "@/app/_http/request";
import { registerFields } from "@/app/_http/schemas";
import type { Confirmation } from "@/domain/confirmation-state";
import { getConfirmation } from "@/domain/email-confirmation";
import { isRepetition, type Repetition, registerOnce } from "@/domain/register-once";
import type { Registration } from "@/domain/registration";
import { dispatchDelivery } from "@/inngest/dispatch";
import { services } from "@/services";
import { describeDispatch, registrationAnswer } from "./answer";

/**
 * Registers a claim and hands its mail to the engine. 201 whatever becomes of the mail. Sent again as it was it gets the
 * claim that is there; sent from a page of ours by who holds an open claim of this name it takes that one's place.
 */
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
      const isOurs = isFromOwnPage(request);
      const asker = isOurs ? await authenticateIfSignedIn(request) : null;
      const registration = await services().database.within(() => registerOnce(services(), input, asker));
      // It is written: whatever the database does from here on, the answer is yes. Dispatching has limits of its own.
      const dispatched = isRepetition(registration)
        ? null
        : await dispatchDelivery(services(), registration, { startedAt, isCrowded: isCrowded() });
      const mail = dispatched?.queued ? null : await currentMail(registration);
      const dispatch = dispatched ?? describeDispatch(mail);
      return {
        status: 201,
        body: registrationAnswer(registration, dispatch, mail?.status ?? null),
        cookies: isForm(request) || isOurs ? [await takeOverBrowser(request, registration.session)] : [],
        headers: { location: "/api/v1/usr/confirmation" },
        location: "/confirm",
      };
    },
  );
}

/** Null where the database cannot tell. */
async function currentMail({
  user: { id: userId },
}: Registration | Repetition): Promise<Confirmation["delivery"]> {
  try {
    const read = () => getConfirmation(services(), userId);
    return (await services().database.within(read))?.delivery ?? null;
  } catch (error) {
    services().log.warn({ err: error, userId }, "The state of a new delivery could not be read");
    return null;
  }
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

import { authenticate } from "@/app/_auth/authenticate";
import { handlePost } from "@/app/_http/handle";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { parseFields } from "@/app/_http/request";
import { languageHeaders } from "@/app/_http/respond";
import { AboutMailFields, ChangeEmailFields } from "@/app/_http/schemas";
import { changeAddress } from "@/domain/address-change";
import { getConfirmation } from "@/domain/email-confirmation";
import { demandSameClaim } from "@/domain/same-claim";
import { dispatchDelivery } from "@/inngest/dispatch";
import { services } from "@/services";

/** Moves the claim that asks to another address, and sends a code there. */
export function POST(request: Request): Promise<Response> {
  return handlePost(
    request,
    { form: "change-email", backTo: "/confirm", keep: ["email", "delivery_id"] },
    async (fields, startedAt) => {
      const { userId } = await authenticate(request);
      // First: what is wrong with the rest would be told on the page of a registration that it was not meant for.
      await demandSameClaim(services(), userId, parseFields(AboutMailFields, fields).delivery_id);
      const { email } = parseFields(ChangeEmailFields, fields);
      await dispatchDelivery(services(), await changeAddress(services(), userId, email), { startedAt });
      const language = languageOf(request);
      return {
        status: 202,
        body: await getConfirmation(services(), userId, language),
        headers: languageHeaders(language),
        location: "/confirm",
      };
    },
  );
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

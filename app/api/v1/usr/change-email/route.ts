import { authenticate } from "@/app/_auth/authenticate";
import { handlePost } from "@/app/_http/handle";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { parseFields } from "@/app/_http/request";
import { languageHeaders } from "@/app/_http/respond";
import { ChangeEmailFields } from "@/app/_http/schemas";
import { changeAddress } from "@/domain/address-change";
import { getConfirmation } from "@/domain/email-confirmation";
import { demandSameClaim } from "@/domain/same-claim";
import { dispatchDelivery } from "@/inngest/dispatch";
import { services } from "@/services";

/** Moves the claim that asks to another address, and sends a code there. */
export function POST(request: Request): Promise<Response> {
  return handlePost(
    request,
    { form: "change-email", backTo: "/confirm", keep: ["email"] },
    async (fields, startedAt) => {
      const { userId } = await authenticate(request);
      const { email, delivery_id } = parseFields(ChangeEmailFields, fields);
      await demandSameClaim(services(), userId, delivery_id);
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

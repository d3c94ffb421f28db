import { authenticate } from "@/app/_auth/authenticate";
import { handlePost } from "@/app/_http/handle";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { parseFields } from "@/app/_http/request";
import { languageHeaders } from "@/app/_http/respond";
import { AboutMailFields } from "@/app/_http/schemas";
import { getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { demandSameClaim } from "@/domain/same-claim";
import { dispatchDelivery } from "@/inngest/dispatch";
import { services } from "@/services";

/** Queues another mail with a new code. */
export function POST(request: Request): Promise<Response> {
  const post = { form: "resend", backTo: "/confirm", keep: ["delivery_id"], takesNothing: true } as const;
  return handlePost(request, post, async (fields, startedAt) => {
    const { userId } = await authenticate(request);
    const { delivery_id } = parseFields(AboutMailFields, fields);
    await demandSameClaim(services(), userId, delivery_id);
    await dispatchDelivery(services(), await requestAnotherCode(services(), userId), { startedAt });
    const language = languageOf(request);
    return {
      status: 202,
      body: await getConfirmation(services(), userId, language),
      headers: languageHeaders(language),
      location: "/confirm",
    };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

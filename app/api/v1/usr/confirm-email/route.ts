import { authenticate } from "@/app/_auth/authenticate";
import { sessionCookie } from "@/app/_auth/cookie";
import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm, isFromOwnPage, parseFields } from "@/app/_http/request";
import { AboutMailFields, CodeFields } from "@/app/_http/schemas";
import { confirmEmail } from "@/domain/email-confirmation";
import { demandSameClaim } from "@/domain/same-claim";
import { services } from "@/services";

/** Confirms the address of the claim that asks, and signs it in; the same again brings the same, once. */
export function POST(request: Request): Promise<Response> {
  return handlePost(
    request,
    { form: "confirm", backTo: "/confirm", keep: ["delivery_id"] },
    async (fields) => {
      const { userId, sessionId } = await authenticate(request, { orReplaced: true });
      // First: what is wrong with the rest would be told on the page of a registration that it was not meant for.
      await demandSameClaim(services(), userId, parseFields(AboutMailFields, fields).delivery_id);
      const { code } = parseFields(CodeFields, fields);
      const by = { ...clientOf(request), sessionId };
      const { user, session } = await confirmEmail(services(), userId, code, by);
      const forBrowser = isForm(request) || isFromOwnPage(request);
      return {
        status: 200,
        body: { confirmed: true, ...session.tokens, user_data: user },
        cookies: forBrowser ? [await sessionCookie(session)] : [],
        location: "/account",
      };
    },
  );
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

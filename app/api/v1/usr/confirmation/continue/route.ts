import { authenticate } from "@/app/_auth/authenticate";
import { sessionCookie } from "@/app/_auth/cookie";
import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm, isFromOwnPage, parseFields } from "@/app/_http/request";
import { AboutMailFields } from "@/app/_http/schemas";
import { goOnAfterConfirmation } from "@/domain/claim-sessions";
import { demandSameClaim } from "@/domain/same-claim";
import { services } from "@/services";

/**
 * Changes the session of a claim that was confirmed elsewhere for a full one, once. With a mail of another registration
 * it is refused as such: a page must not go on into what it was not about.
 */
export function POST(request: Request): Promise<Response> {
  return handlePost(
    request,
    { form: "confirm", backTo: "/confirm", keep: ["delivery_id"], takesNothing: true },
    async (fields) => {
      const identity = await authenticate(request);
      const { delivery_id } = parseFields(AboutMailFields, fields);
      await demandSameClaim(services(), identity.userId, delivery_id);
      const { user, session } = await goOnAfterConfirmation(services(), identity, clientOf(request));
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

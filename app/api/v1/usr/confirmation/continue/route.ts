import { authenticate } from "@/app/_auth/authenticate";
import { sessionCookie } from "@/app/_auth/cookie";
import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm, isFromOwnPage } from "@/app/_http/request";
import { goOnAfterConfirmation } from "@/domain/claim-sessions";
import { services } from "@/services";

/** Changes the session of a claim that was confirmed elsewhere for a full one, once. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "confirm", backTo: "/confirm", takesNothing: true }, async () => {
    const identity = await authenticate(request);
    const { user, session } = await goOnAfterConfirmation(services(), identity, clientOf(request));
    const forBrowser = isForm(request) || isFromOwnPage(request);
    return {
      status: 200,
      body: { confirmed: true, ...session.tokens, user_data: user },
      cookies: forBrowser ? [await sessionCookie(session)] : [],
      location: "/account",
    };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

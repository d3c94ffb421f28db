import { authenticateIfSignedIn } from "@/app/_auth/authenticate";
import { sessionCookie } from "@/app/_auth/cookie";
import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isFromOwnPage, parseFields } from "@/app/_http/request";
import { LinkFields } from "@/app/_http/schemas";
import { confirmByLink } from "@/domain/link-confirmation";
import { services } from "@/services";

/** Confirms the address of the claim whose mail carried the link; signs in only whoever holds that claim. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "confirm", backTo: "/confirm/link" }, async (fields) => {
    const asker = await authenticateIfSignedIn(request);
    const { link } = parseFields(LinkFields, fields);
    const { user, session } = await confirmByLink(services(), link, { asker, client: clientOf(request) });
    const forBrowser = session && isFromOwnPage(request);
    return {
      status: 200,
      body: { confirmed: true, signed_in: session !== null, ...session?.tokens, user_data: user },
      cookies: forBrowser ? [await sessionCookie(session)] : [],
      ...(session ? { location: "/account" } : { done: "address_confirmed", location: "/sign-in" }),
    };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

import { authenticateIfSignedIn } from "@/app/_auth/authenticate";
import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { parseFields } from "@/app/_http/request";
import { LinkFields } from "@/app/_http/schemas";
import { readLink } from "@/domain/link-confirmation";
import { services } from "@/services";

/** What a link would confirm. POST, because the link may be in no URL that is sent; it changes nothing. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "confirm", backTo: "/confirm/link" }, async (fields) => {
    const asker = await authenticateIfSignedIn(request);
    const { link } = parseFields(LinkFields, fields);
    const body = await readLink(services(), link, { asker, client: clientOf(request) });
    return { status: 200, body, location: "/confirm/link" };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

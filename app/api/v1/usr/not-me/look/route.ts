import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { parseFields, refuseForeignPage } from "@/app/_http/request";
import { LinkFields } from "@/app/_http/schemas";
import { readNotMeLink } from "@/domain/mail-stop";
import { services } from "@/services";

/** What “This wasn't me” in a mail would do. POST, because the link may be in no URL that is sent; it changes nothing. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "confirm", backTo: "/not-me" }, async (fields) => {
    refuseForeignPage(request);
    const { link } = parseFields(LinkFields, fields);
    const body = await readNotMeLink(services(), link, clientOf(request));
    return { status: 200, body, location: "/not-me" };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

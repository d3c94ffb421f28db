import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { parseFields, refuseForeignPage } from "@/app/_http/request";
import { LinkFields } from "@/app/_http/schemas";
import { disownClaim } from "@/domain/mail-stop";
import { services } from "@/services";

/** Ends the claim behind “This wasn't me” in a mail, and stops mail to its address. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "confirm", backTo: "/not-me" }, async (fields) => {
    refuseForeignPage(request);
    const { link } = parseFields(LinkFields, fields);
    const body = await disownClaim(services(), link, clientOf(request));
    return { status: 200, body, location: "/not-me" };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

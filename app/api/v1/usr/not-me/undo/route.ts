import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { parseFields, refuseForeignPage } from "@/app/_http/request";
import { LinkFields } from "@/app/_http/schemas";
import { allowMailAgain } from "@/domain/mail-stop";
import { services } from "@/services";

/** Takes back the stop that “This wasn't me” began. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "confirm", backTo: "/not-me" }, async (fields) => {
    refuseForeignPage(request);
    const { link } = parseFields(LinkFields, fields);
    const body = await allowMailAgain(services(), link, clientOf(request));
    return { status: 200, body, location: "/not-me" };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

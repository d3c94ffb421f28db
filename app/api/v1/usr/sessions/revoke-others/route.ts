import { authenticateFor } from "@/app/_auth/authenticate";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { endOtherSessions } from "@/domain/sessions";
import { services } from "@/services";

/** Signs the caller out everywhere else. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "sessions", backTo: "/account", takesNothing: true }, async (fields) => {
    const revoked = await endOtherSessions(services(), await authenticateFor(request, fields));
    return { status: 200, body: { revoked }, done: "others_ended", location: "/account" };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

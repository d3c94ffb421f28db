import { authenticateFor } from "@/app/_auth/authenticate";
import { clearSessionCookie } from "@/app/_auth/cookie";
import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm, isFromOwnPage, parseFields } from "@/app/_http/request";
import { DeleteAccountFields } from "@/app/_http/schemas";
import { deleteAccount } from "@/domain/erasure";
import { services } from "@/services";

/** Deletes the caller's account, with the password, for good. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "delete-account", backTo: "/account#delete" }, async (fields) => {
    const identity = await authenticateFor(request, fields);
    const { password } = parseFields(DeleteAccountFields, fields);
    await deleteAccount(services(), identity, { password, ...clientOf(request) });
    const forBrowser = isForm(request) || isFromOwnPage(request);
    return {
      status: 204,
      cookies: forBrowser ? [clearSessionCookie()] : [],
      done: "account_deleted",
      location: "/",
    };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

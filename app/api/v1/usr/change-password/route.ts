import { authenticateFor } from "@/app/_auth/authenticate";
import { sessionCookie } from "@/app/_auth/cookie";
import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm, isFromOwnPage, parseFields } from "@/app/_http/request";
import { changePasswordFields } from "@/app/_http/schemas";
import { changePassword } from "@/domain/password-change";
import { dispatchDelivery } from "@/inngest/dispatch";
import { services } from "@/services";

/** Changes the caller's password and ends all sessions; the answer opens a new one. */
export function POST(request: Request): Promise<Response> {
  return handlePost(
    request,
    { form: "change-password", backTo: "/account#password" },
    async (fields, startedAt) => {
      const identity = await authenticateFor(request, fields);
      const typed = parseFields(changePasswordFields(services().settings.passwordMin), fields);
      const { user, session, notice } = await changePassword(services(), identity, {
        current: typed.current_password,
        next: typed.new_password,
        ...clientOf(request),
      });
      await dispatchDelivery(services(), notice, { startedAt });
      const forBrowser = isForm(request) || isFromOwnPage(request);
      return {
        status: 200,
        body: { ...session.tokens, user_data: user },
        cookies: forBrowser ? [await sessionCookie(session)] : [],
        done: "password_changed",
        location: "/account",
      };
    },
  );
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

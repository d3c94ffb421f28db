import { takeOverBrowser } from "@/app/_auth/replaced-session";
import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm, isFromOwnPage, parseFields } from "@/app/_http/request";
import { SignInFields } from "@/app/_http/schemas";
import { signIn } from "@/domain/sign-in";
import { services } from "@/services";

/** Signs in by username or confirmed address, and password. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "sign-in", backTo: "/sign-in", keep: ["login"] }, async (fields) => {
    const { user, session } = await signIn(services(), {
      ...parseFields(SignInFields, fields),
      ...clientOf(request),
    });
    const forBrowser = isForm(request) || isFromOwnPage(request);
    return {
      status: 200,
      body: { ...session.tokens, user_data: user },
      cookies: forBrowser ? [await takeOverBrowser(request, session)] : [],
      location: user.email_confirmed ? "/account" : "/confirm",
    };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

import { clientOf } from "@/app/_http/client-network";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { operatorCookie, operatorPassword, refuseOthersPages, SIGN_IN } from "@/app/_ops/operator";
import { signInOperator } from "@/domain/operator-access";
import { services } from "@/services";

/** Longer than any password of ours. */
const PASSWORD_MAX = 1_000;

/** Signs an operator in with the operator's password. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "operator", backTo: SIGN_IN }, async ({ password }) => {
    refuseOthersPages(request);
    const { token, maxAgeSeconds } = await signInOperator(services(), {
      password: typeof password === "string" ? password.slice(0, PASSWORD_MAX) : "",
      expected: operatorPassword(),
      network: clientOf(request).network,
    });
    return { status: 204, cookies: [operatorCookie(token, maxAgeSeconds)], location: "/ops" };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

import { clientOf } from "@/app/_http/client-network";
import { refuseOtherMethods } from "@/app/_http/methods";
import {
  clearOperatorCookie,
  handleOperatorPost,
  operatorPassword,
  operatorToken,
  SIGN_IN,
} from "@/app/_ops/operator";
import { signOutOperator } from "@/domain/operator-access";
import { services } from "@/services";

/** Ends the operator's session, here and on the server. */
export function POST(request: Request): Promise<Response> {
  return handleOperatorPost(request, async () => {
    const token = operatorToken(request);
    const expected = operatorPassword();
    if (token && expected)
      await signOutOperator(services(), { token, expected, network: clientOf(request).network });
    return { status: 204, cookies: [clearOperatorCookie()], location: SIGN_IN };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

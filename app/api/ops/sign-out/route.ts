import { clientOf } from "@/app/_http/client-network";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm } from "@/app/_http/request";
import { languageHeaders } from "@/app/_http/respond";
import { notSignedOutPage } from "@/app/_http/unavailable-page";
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
export async function POST(request: Request): Promise<Response> {
  const answer = await handleOperatorPost(request, async () => {
    const token = operatorToken(request);
    const expected = operatorPassword();
    if (token && expected)
      await signOutOperator(services(), { token, expected, network: clientOf(request).network });
    return { status: 204, cookies: [clearOperatorCookie()], location: SIGN_IN };
  });
  if (answer.status !== 503 || !isForm(request)) return answer;
  const language = languageOf(request);
  return notSignedOutPage({ language, action: "/api/ops/sign-out", headers: languageHeaders(language) });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

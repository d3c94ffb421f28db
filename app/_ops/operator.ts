// The operator's cookie, and who has a right one. Apart from people's sessions: an operator is no user.
import "server-only";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { cookieName, isSecureCookie, readCookie } from "@/app/_http/cookies";
import { type Answer, handlePost } from "@/app/_http/handle";
import { HttpError } from "@/app/_http/http-error";
import { type Fields, isFromOwnPage } from "@/app/_http/request";
import { isOperator } from "@/domain/operator-access";
import { env } from "@/env";
import { services } from "@/services";

const operatorCookieName = () => cookieName("operator");

/** No other site's link or form takes it along: there is nothing for an operator to come from elsewhere for. */
const attributes = () => `Path=/; HttpOnly; SameSite=Strict${isSecureCookie() ? "; Secure" : ""}`;

export const operatorCookie = (token: string, maxAgeSeconds: number) =>
  `${operatorCookieName()}=${token}; ${attributes()}; Max-Age=${maxAgeSeconds}`;
export const clearOperatorCookie = () => `${operatorCookieName()}=; ${attributes()}; Max-Age=0`;

export const operatorPassword = (): string | null => env().OPS_PASSWORD ?? null;

export const operatorToken = (request: Request): string | null => readCookie(request, operatorCookieName());

/** For pages: whether an operator looks at it. */
export async function isOperatorHere(): Promise<boolean> {
  const token = (await cookies()).get(operatorCookieName())?.value ?? null;
  return isOperator(services(), { token, expected: operatorPassword() });
}

/** For pages: sends everybody else to the sign-in. */
export async function requireOperator(): Promise<void> {
  if (!(await isOperatorHere())) redirect("/ops/sign-in");
}

export const SIGN_IN = "/ops/sign-in";

/** A form of the operators' pages that may be sent only by an operator; whose session is over goes to the sign-in. */
export function handleOperatorPost(
  request: Request,
  work: (fields: Fields, startedAt: number) => Promise<Answer>,
): Promise<Response> {
  return handlePost(request, { form: "operator", backTo: SIGN_IN, takesNothing: true }, async (...given) => {
    refuseOthersPages(request);
    const is = await isOperator(services(), { token: operatorToken(request), expected: operatorPassword() });
    if (!is) throw new HttpError(401, "not_signed_in", "not_signed_in");
    return work(...given);
  });
}

/** Stricter than the API's forms, which programs may send too: only a page of ours may. */
export function refuseOthersPages(request: Request): void {
  if (!isFromOwnPage(request)) throw new HttpError(403, "foreign_origin", "foreign_origin");
}

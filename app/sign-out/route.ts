import { authenticate } from "@/app/_auth/authenticate";
import { clearSessionCookie } from "@/app/_auth/cookie";
import { seeOther } from "@/app/_http/handle";
import { HttpError } from "@/app/_http/http-error";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { describeError, problemResponse } from "@/app/_http/respond";
import { notSignedOutPage } from "@/app/_http/unavailable-page";
import { endSession } from "@/domain/tokens";
import { services } from "@/services";

/**
 * Ends the browser's session, API tokens included, and goes to the front page, with `?then=sign-in` to where somebody
 * else signs in. A form, so that no link can do it.
 */
export async function POST(request: Request): Promise<Response> {
  const isForSignIn = new URL(request.url).searchParams.get("then") === "sign-in";
  try {
    const { sessionId } = await authenticate(request);
    await endSession(services(), sessionId);
  } catch (error) {
    // Without a session there is nothing to end; anything else (another site, no database) is worth an answer.
    if (error instanceof HttpError || !(error instanceof Error && error.name === "DomainError"))
      return refusal(error, request, isForSignIn ? "/sign-out?then=sign-in" : "/sign-out");
  }
  return seeOther(isForSignIn ? "/sign-in" : "/", [clearSessionCookie()]);
}

/** Of a form, so that a person reads it: while the database is away nobody is signed out, and they may try again. */
function refusal(error: unknown, request: Request, action: string): Response {
  const language = languageOf(request);
  const { problem, headers } = describeError(error, language);
  if (problem.code !== "unavailable") return problemResponse(error, request);
  return notSignedOutPage({ language, action, headers });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

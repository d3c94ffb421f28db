import { authenticate } from "@/app/_auth/authenticate";
import { clearSessionCookie } from "@/app/_auth/cookie";
import { seeOther } from "@/app/_http/handle";
import { HttpError } from "@/app/_http/http-error";
import { refuseOtherMethods } from "@/app/_http/methods";
import { problemResponse } from "@/app/_http/respond";
import { endSession } from "@/domain/tokens";
import { services } from "@/services";

/**
 * Ends the browser's session, API tokens included, and goes to the front page, with `?then=sign-in` to where somebody
 * else signs in. A form, so that no link can do it.
 */
export async function POST(request: Request): Promise<Response> {
  try {
    const { sessionId } = await authenticate(request);
    await endSession(services(), sessionId);
  } catch (error) {
    // Without a session there is nothing to end; anything else (another site, no database) is worth an answer.
    if (error instanceof HttpError || !(error instanceof Error && error.name === "DomainError"))
      return problemResponse(error, request);
  }
  const isForSignIn = new URL(request.url).searchParams.get("then") === "sign-in";
  return seeOther(isForSignIn ? "/sign-in" : "/", [clearSessionCookie()]);
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

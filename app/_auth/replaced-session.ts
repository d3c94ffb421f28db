// A browser holds one cookie. An account's session that a new one takes the place of could be ended from this browser no
// more, so it ends then. (Of several sign-ins sent at once with the same old cookie each opens a session.)
import "server-only";
import { readCookie } from "@/app/_http/cookies";
import { authenticateSession, endSession, type StartedSession } from "@/domain/tokens";
import { services } from "@/services";
import { sessionCookie, sessionCookieName, sessionIdOf } from "./cookie";

/** A `set-cookie` value for a session that was opened for a browser. What that had before ends: endPresentedSession. */
export async function takeOverBrowser(request: Request, session: StartedSession): Promise<string> {
  await endPresentedSession(request, session.identity.userId);
  return sessionCookie(session);
}

/**
 * Ends what a request's cookie stands for, an account's session or one of the same person (ASVS 5.0, 7.2.4). Another
 * registration's stays: it opens nothing but that registration's own calls, ends with it, and its page goes on telling of
 * it. The new session is open already: what fails here is a line in the log, and nothing is thrown.
 */
export async function endPresentedSession(
  request: Pick<Request, "headers">,
  nextUserId: string,
): Promise<void> {
  const cookie = readCookie(request, sessionCookieName());
  const sessionId = cookie ? await sessionIdOf(cookie) : null;
  if (!sessionId) return;
  try {
    await services().database.within(async () => {
      const before = await authenticateSession(services(), sessionId);
      if (before?.scope === "full" || before?.userId === nextUserId)
        await endSession(services(), sessionId, "replaced");
    });
  } catch (error) {
    services().log.warn(
      { err: error, sessionId },
      "The session that a browser had before could not be ended",
    );
  }
}

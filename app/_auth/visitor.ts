// Who is looking at a page.
import "server-only";
import { cookies } from "next/headers";
import { authenticateReplaced } from "@/domain/claim-sessions";
import { authenticateSession } from "@/domain/tokens";
import { services } from "@/services";
import { sessionCookieName, sessionIdOf } from "./cookie";

/** `claim`: registered, address not confirmed yet; may open only the claim's own pages. `full`: signed in. */
export type Visitor = { userId: string; sessionId: string; scope: "claim" | "full" };

/** The signed-in visitor by the browser's cookie, or null. For server components. */
export async function currentVisitor(): Promise<Visitor | null> {
  const sessionId = await presentedSessionId();
  return sessionId ? authenticateSession(services(), sessionId) : null;
}

/** Whether the cookie is that of a claim which was confirmed with it, and the answer that said so was lost. */
export async function hasConfirmedUnheard(): Promise<boolean> {
  const sessionId = await presentedSessionId();
  return sessionId !== null && (await authenticateReplaced(services(), sessionId)) !== null;
}

async function presentedSessionId(): Promise<string | null> {
  const cookie = (await cookies()).get(sessionCookieName())?.value;
  return cookie ? sessionIdOf(cookie) : null;
}

// Who is looking at a page.
import "server-only";
import { cookies } from "next/headers";
import { authenticateSession } from "@/domain/tokens";
import { services } from "@/services";
import { sessionCookieName, sessionIdOf } from "./cookie";

/** `claim`: registered, address not confirmed yet; may open only the claim's own pages. `full`: signed in. */
export type Visitor = { userId: string; sessionId: string; scope: "claim" | "full" };

/** The signed-in visitor by the browser's cookie, or null. For server components. */
export async function currentVisitor(): Promise<Visitor | null> {
  const cookie = (await cookies()).get(sessionCookieName())?.value;
  const sessionId = cookie ? await sessionIdOf(cookie) : null;
  return sessionId ? authenticateSession(services(), sessionId) : null;
}

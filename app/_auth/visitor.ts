// Who is looking at a page.

/** `claim`: registered, address not confirmed yet; may open only the claim's own pages. `full`: signed in. */
export type Visitor = { userId: string; sessionId: string; scope: "claim" | "full" };

/** The signed-in visitor by the browser's cookie, or null. For server components. */
export async function currentVisitor(): Promise<Visitor | null> {
  return null;
}

// Who is known to Intercom, or is about to be. The row is there before the first call, so that whoever erases the
// person meanwhile knows that there is something to erase elsewhere.
import { eq, inArray } from "drizzle-orm";
import type { Executor } from "./client";
import type { UserRow } from "./schema";
import { intercomContacts } from "./schema-outside";
import { holdUser } from "./users";

export type ContactToErase = { userId: string; contactId: string | null };

/** Notes that the person is about to be told of. `contactId`: Intercom's, from an earlier time. Null when they are gone. */
export async function beginContact(
  executor: Executor,
  userId: string,
): Promise<{ user: UserRow; contactId: string | null } | null> {
  return executor.transaction(async (tx) => {
    const user = await holdUser(tx, userId);
    if (!user) return null;
    await tx.insert(intercomContacts).values({ userId }).onConflictDoNothing();
    const [row] = await tx.select().from(intercomContacts).where(eq(intercomContacts.userId, userId));
    return { user, contactId: row?.contactId ?? null };
  });
}

/** False when the person has been erased meanwhile. */
export async function noteContact(
  executor: Executor,
  userId: string,
  contactId: string,
  now: Date,
): Promise<boolean> {
  const rows = await executor
    .update(intercomContacts)
    .set({ contactId, syncedAt: now })
    .where(eq(intercomContacts.userId, userId))
    .returning({ userId: intercomContacts.userId });
  return rows.length > 0;
}

export async function listContactsOf(
  executor: Executor,
  userIds: readonly string[],
): Promise<ContactToErase[]> {
  if (userIds.length === 0) return [];
  return executor
    .select({ userId: intercomContacts.userId, contactId: intercomContacts.contactId })
    .from(intercomContacts)
    .where(inArray(intercomContacts.userId, [...userIds]));
}

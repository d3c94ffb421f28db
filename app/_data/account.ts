import "server-only";
import { findUser } from "@/db/users";
import { describeUser, type UserData } from "@/domain/user-data";
import { services } from "@/services";

export type Account = UserData & { email_confirmed_at: string | null };

/** What the account page shows; null when the account is gone. */
export async function getAccount(userId: string): Promise<Account | null> {
  const user = await findUser(services().db, userId);
  return user && { ...describeUser(user), email_confirmed_at: user.emailConfirmedAt?.toISOString() ?? null };
}

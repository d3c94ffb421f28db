import type { UserRow } from "@/db/schema";

/** What the API tells about a person, to that person (DESIGN.md section 3). Times are ISO 8601 in UTC. */
export type UserData = {
  id: string;
  username: string;
  email: string;
  email_confirmed: boolean;
  created_at: string;
};

export function describeUser(
  user: Pick<UserRow, "id" | "username" | "email" | "emailConfirmedAt" | "createdAt">,
): UserData {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    email_confirmed: user.emailConfirmedAt !== null,
    created_at: user.createdAt.toISOString(),
  };
}

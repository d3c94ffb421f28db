// Signing in by username or confirmed address.
import { findConfirmedUserByEmail, findUserByUsername } from "@/db/users";
import { normalizeEmail } from "./email-address";
import { DomainError } from "./errors";
import { verifyAgainstNobody, verifyPassword } from "./password";
import { admitSignIn, forgetSignIns } from "./rate-limit";
import type { Services } from "./services";
import { type StartedSession, startSession } from "./tokens";
import { describeUser, type UserData } from "./user-data";

/**
 * Opens a session. Somebody whose address is not confirmed yet gets a claim's session, and so finds back to the
 * confirm page from any device. `network` as for registerUser. Throws `bad_credentials`, the same for an unknown name
 * and a wrong password, and `sign_in_limit`.
 */
export async function signIn(
  services: Services,
  credentials: { login: string; password: string; network?: string | null },
): Promise<{ user: UserData; session: StartedSession }> {
  const { login, password, network = null } = credentials;
  const email = login.includes("@") ? normalizeEmail(login) : null;
  const name = email ?? login.trim().toLowerCase();
  await admitSignIn(services, name, network);
  const found = email
    ? await findConfirmedUserByEmail(services.db, email)
    : await findUserByUsername(services.db, login.trim());
  const isOver = found && !found.emailConfirmedAt && found.claimExpiresAt <= services.clock();
  const user = isOver ? null : found;
  const isRight = user
    ? await verifyPassword(user.passwordHash, password)
    : await verifyAgainstNobody(password);
  if (!user || !isRight)
    throw new DomainError(
      "bad_credentials",
      "This username or email address and password do not belong together.",
    );
  await forgetSignIns(services, name, network);
  const isConfirmed = user.emailConfirmedAt !== null;
  const session = await startSession(services, services.db, {
    userId: user.id,
    scope: isConfirmed ? "full" : "claim",
    ...(isConfirmed ? {} : { endsAt: user.claimExpiresAt }),
  });
  return { user: describeUser(user), session };
}

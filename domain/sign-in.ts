// Signing in by username or confirmed address.
import type { UserRow } from "@/db/schema";
import {
  findConfirmedUserByEmail,
  findMostOldIterations,
  findUserByUsername,
  replacePasswordHash,
} from "@/db/users";
import { recordAudit } from "./audit-log";
import type { Client } from "./client-network";
import { normalizeEmail } from "./email-address";
import { DomainError } from "./errors";
import { hashPassword, isHashOutdated, verifySignIn } from "./password";
import { admitSignIn, forgetSignIns } from "./rate-limit";
import type { Services } from "./services";
import { type StartedSession, startSession } from "./tokens";
import { describeUser, type UserData } from "./user-data";

/**
 * Opens a session. Somebody whose address is not confirmed yet gets a claim's session, and so finds back to the
 * confirm page from any device. Throws `bad_credentials`, the same for an unknown name
 * and a wrong password, and `sign_in_limit`.
 */
export async function signIn(
  services: Services,
  credentials: { login: string; password: string } & Client,
): Promise<{ user: UserData; session: StartedSession }> {
  const { login, password, network = null, device } = credentials;
  const email = login.includes("@") ? normalizeEmail(login) : null;
  const name = email ?? login.trim().toLowerCase();
  await admitSignIn(services, name, network);
  const [found, oldIterations] = await Promise.all([
    email ? findConfirmedUserByEmail(services.db, email) : findUserByUsername(services.db, login.trim()),
    findMostOldIterations(services.db),
  ]);
  const isOver = found && !found.emailConfirmedAt && found.claimExpiresAt <= services.clock();
  const user = isOver ? null : found;
  const isRight = await verifySignIn(user?.passwordHash ?? null, password, oldIterations);
  if (!user || !isRight) {
    const reason = user ? "wrong_password" : "unknown_name";
    await recordAudit(services, services.db, {
      type: "sign_in_refused",
      userId: user?.id ?? null,
      network,
      details: { reason },
    });
    throw new DomainError("bad_credentials");
  }
  await forgetSignIns(services, name, network);
  if (isHashOutdated(user.passwordHash)) await upgradeHash(services, user, password);
  const isConfirmed = user.emailConfirmedAt !== null;
  const scope = isConfirmed ? "full" : "claim";
  const session = await services.db.transaction(async (tx) => {
    await recordAudit(services, tx, { type: "signed_in", userId: user.id, network, details: { scope } });
    return startSession(services, tx, {
      userId: user.id,
      scope,
      device,
      ...(isConfirmed ? {} : { endsAt: user.claimExpiresAt }),
    });
  });
  return { user: describeUser(user), session };
}

/** The password is known only now. No reason to send anybody away: what fails is done at the next sign-in. */
async function upgradeHash(
  services: Services,
  user: Pick<UserRow, "id" | "passwordHash">,
  password: string,
): Promise<void> {
  try {
    await replacePasswordHash(services.db, user.id, {
      from: user.passwordHash,
      to: await hashPassword(password),
    });
  } catch (error) {
    services.log.warn({ err: error, userId: user.id }, "A password's hash could not be made anew");
  }
}

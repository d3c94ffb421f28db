// Changing the password of an account that is signed in.
import { inTransaction } from "@/db/client";
import { revokeAllSessions } from "@/db/sessions";
import { findUser, replacePasswordHash } from "@/db/users";
import { recordAudit } from "./audit-log";
import type { Client } from "./client-network";
import { DomainError, invalidField } from "./errors";
import { hashPassword, verifyPassword } from "./password";
import { judgeNewPassword } from "./password-rules";
import { admitPasswordChange, admitSignIn, forgetSignIns, unlessBusy } from "./rate-limit";
import { type QueuedDelivery, queueNotice } from "./registration";
import type { Services } from "./services";
import { type Identity, type StartedSession, startSession } from "./tokens";
import { describeUser, type UserData } from "./user-data";

/**
 * Changes the password, with the present one (ASVS 5.0, 6.2.3), and ends every session: whoever knew the old one is
 * out everywhere. The caller goes on in a new session (7.2.4), and the mailbox is told by `notice` (6.3.7). Tries count like those of signing in.
 * Throws `invalid_input` on `current_password` for a wrong one and on `new_password` for the same one or one that is
 * easy to guess, `sign_in_limit`, `password_limit`, `busy`, `invalid_token` when the account is gone.
 */
export async function changePassword(
  services: Services,
  identity: Identity,
  { current, next, network = null, device }: { current: string; next: string } & Client,
): Promise<{ user: UserData; session: StartedSession; notice: QueuedDelivery }> {
  const user = await findUser(services.db, identity.userId);
  if (!user) throw accountGone();
  await requirePassword(services, user, { password: current, field: "current_password", network });
  if (current === next) throw samePassword();
  const [to] = await Promise.all([
    hashPassword(next),
    judgeNewPassword(services, next, user, "new_password"),
  ]);
  const changed = await inTransaction(services.db, async (tx) => {
    // Another change or an upgrade of the hash came first: the password that was typed is no longer the present one.
    if (!(await replacePasswordHash(tx, user.id, { from: user.passwordHash, to }))) return null;
    await admitPasswordChange(services, tx, user.id, services.clock());
    await revokeAllSessions(tx, [user.id], services.clock());
    await recordAudit(services, tx, { type: "password_changed", userId: user.id, network, details: {} });
    const notice = await queueNotice(services, tx, user, { kind: "password_changed" });
    const session = await startSession(services, tx, { userId: user.id, scope: identity.scope, device });
    return { session, notice };
  });
  if (!changed) throw wrongPassword("current_password");
  services.log.info({ userId: user.id }, `Password of user ${user.id} changed`);
  return { user: describeUser(user), ...changed };
}

/** The account's password, asked for again before something that cannot be undone. Tries count like those of signing in. */
export async function requirePassword(
  services: Services,
  user: { username: string; passwordHash: string },
  { password, field, network }: { password: string; field: string; network: string | null },
): Promise<void> {
  const name = user.username.toLowerCase();
  const admitted = await admitSignIn(services, name, network);
  const isRight = await unlessBusy(admitted, () => verifyPassword(user.passwordHash, password));
  if (!isRight) throw wrongPassword(field);
  await forgetSignIns(services, name, network);
}

export const accountGone = () => new DomainError("invalid_token", { text: "account_gone" });

/** The person is known already, so a wrong password is a matter of the field. */
export function wrongPassword(field: string): DomainError {
  return invalidField({ field, code: "wrong_password", text: "wrong_password" });
}

function samePassword(): DomainError {
  return invalidField({ field: "new_password", code: "same_password", text: "same_password" });
}

// Signing in by username or confirmed address.
import { inTransaction, isReferenceGone } from "@/db/client";
import type { UserRow } from "@/db/schema";
import {
  findConfirmedUserByEmail,
  findMostOldIterations,
  findUserByUsername,
  holdAccount,
  replacePasswordHash,
} from "@/db/users";
import { recordAudit } from "./audit-log";
import { withoutBidiMarks } from "./bidi-marks";
import type { Client } from "./client-network";
import { readDjangoHash } from "./django-password";
import { AT_SIGN, normalizeEmail } from "./email-address";
import { DomainError } from "./errors";
import { hashPassword, isHashOutdated, verifyPassword, verifySignIn } from "./password";
import { type Admitted, admitSignIn, forgetSignIns, unlessBusy } from "./rate-limit";
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
  const { password, network = null, device } = credentials;
  const login = withoutBidiMarks(credentials.login).trim();
  const email = AT_SIGN.test(login) ? normalizeEmail(login) : null;
  const name = email ?? login.toLowerCase();
  const admitted = await admitSignIn(services, name, network);
  return unlessBusy(admitted, () =>
    judgeSignIn(services, admitted, { email, login, name, password, network, device }),
  );
}

/** `name`: what tries are counted by. */
async function judgeSignIn(
  services: Services,
  admitted: Admitted,
  {
    email,
    login,
    name,
    password,
    network,
    device,
  }: {
    email: string | null;
    login: string;
    name: string;
    password: string;
    network: string | null;
    device: Client["device"];
  },
): Promise<{ user: UserData; session: StartedSession }> {
  const [found, oldIterations] = await Promise.all([
    email ? findConfirmedUserByEmail(services.db, email) : findUserByUsername(services.db, login),
    findMostOldIterations(services.db),
  ]);
  const user = found && isThere(found, services.clock()) ? found : null;
  const verify = verifySignIn(user?.passwordHash ?? null, password, oldIterations, admitted.keep);
  const isRight = await verify.catch(async (error: unknown) => {
    if (admitted.isKept())
      await recordRefusal(services, user?.id ?? null, network, {
        isUnseen: user !== null && readDjangoHash(user.passwordHash) !== null,
      });
    throw error;
  });
  if (!user || !isRight) {
    await recordRefusal(services, user?.id ?? null, network);
    throw new DomainError("bad_credentials");
  }
  const start = (proven: string) => openSession(services, { userId: user.id, proven, network, device });
  const isOld = isHashOutdated(user.passwordHash);
  let started = await start(isOld ? await upgradeHash(services, user, password) : user.passwordHash);
  // While it was looked at somebody changed the password, and ended what knew the old one; or another sign-in made its
  // hash anew, which is the same password. Nobody does either again and again.
  if ("present" in started && started.present && (await verifyPassword(started.present, password)))
    started = await start(started.present);
  if ("session" in started) {
    await forgetSignIns(services, name, network);
    return started;
  }
  await recordRefusal(services, user.id, network);
  throw new DomainError("bad_credentials");
}

/** An account, or a claim that has not ended. */
const isThere = (user: UserRow, now: Date) => user.emailConfirmedAt !== null || user.claimExpiresAt > now;

type SessionToOpen = {
  userId: string;
  proven: string;
  network: string | null;
  device: Client["device"] | undefined;
};

/**
 * `proven`: the hash that the password was right for. When it is no longer the account's nothing is opened, and `present`
 * is what it is now; null when the account is gone, or its claim has ended meanwhile.
 */
function openSession(
  services: Services,
  { userId, proven, network, device }: SessionToOpen,
): Promise<{ user: UserData; session: StartedSession } | { present: string | null }> {
  return inTransaction(services.db, async (tx) => {
    const user = await holdAccount(tx, userId);
    if (!user || !isThere(user, services.clock())) return { present: null };
    if (user.passwordHash !== proven) return { present: user.passwordHash };
    // As it is now: the address may have been confirmed since it was looked at.
    const isConfirmed = user.emailConfirmedAt !== null;
    const scope = isConfirmed ? "full" : "claim";
    await recordAudit(services, tx, { type: "signed_in", userId, network, details: { scope } });
    const session = await startSession(services, tx, {
      userId,
      scope,
      device,
      ...(isConfirmed ? {} : { endsAt: user.claimExpiresAt }),
    });
    return { user: describeUser(user), session };
  });
}

/** Of an account that was deleted while it was looked at there is nobody to write it down about. */
export async function recordRefusal(
  services: Services,
  userId: string | null,
  network: string | null,
  { isUnseen = false } = {},
): Promise<void> {
  const record = (about: string | null) =>
    recordAudit(services, services.db, {
      type: "sign_in_refused",
      userId: about,
      network,
      details: { reason: about === null ? "unknown_name" : isUnseen ? "busy" : "wrong_password" },
    });
  await record(userId).catch((error: unknown) => {
    if (!isReferenceGone(error)) throw error;
    return record(null);
  });
}

/**
 * The password is known only now. No reason to send anybody away: what fails is done at the next sign-in. Returns the
 * hash that is to be the account's.
 */
async function upgradeHash(
  services: Services,
  user: Pick<UserRow, "id" | "passwordHash">,
  password: string,
): Promise<string> {
  try {
    const to = await hashPassword(password);
    if (await replacePasswordHash(services.db, user.id, { from: user.passwordHash, to })) return to;
  } catch (error) {
    services.log.warn({ err: error, userId: user.id }, "A password's hash could not be made anew");
  }
  return user.passwordHash;
}

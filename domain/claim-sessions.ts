// What becomes of a claim's sessions when its address is confirmed: the one that asked becomes a new, full one, and those
// of other devices, which still say "claim", may do the same by themselves. Whoever holds one registered, or signed in
// with the password (docs/decisions/013).
import { type Executor, inTransaction } from "@/db/client";
import { countTry, listCodes } from "@/db/codes";
import { findUnusedReplacement, revokeSession, shortenClaimSessionsOf } from "@/db/sessions";
import { holdAccount } from "@/db/users";
import { recordAudit } from "./audit-log";
import type { Client } from "./client-network";
import { addSeconds } from "./clock";
import { matchesCode, TRIES_PER_CODE } from "./confirmation-code";
import { DomainError } from "./errors";
import { admitRefresh } from "./rate-limit";
import type { Services } from "./services";
import { answerAgain, type Identity, type StartedSession, startSession } from "./tokens";
import { describeUser, type UserData } from "./user-data";

/** How long a page of the claim may go on after it was confirmed elsewhere: a laptop may have slept a while. */
export const GO_ON_SECONDS = 15 * 60;

/** A new, full session in the place of the one that asks. Throws `invalid_token` when that one has ended meanwhile. */
export async function exchangeSession(
  services: Services,
  tx: Executor,
  asker: Pick<Identity, "userId" | "sessionId">,
  { client, now }: { client: Client; now: Date },
): Promise<StartedSession> {
  if (!(await revokeSession(tx, asker.sessionId, now, asker.userId))) throw new DomainError("invalid_token");
  return startSession(services, tx, {
    userId: asker.userId,
    scope: "full",
    device: client.device,
    replaces: asker.sessionId,
  });
}

/**
 * Who a claim's session stood for that an account's took the place of, less than GO_ON_SECONDS ago and used by nobody
 * yet: the answer that brought it may have been lost. Null for any other. May read that it is confirmed, and ask again
 * with the code (`answerCodeAgain`); it opens nothing else.
 */
export async function authenticateReplaced(services: Services, sessionId: string): Promise<Identity | null> {
  const replacement = await findReplacement(services, services.db, sessionId);
  return replacement && { userId: replacement.userId, sessionId, scope: "claim" };
}

/**
 * The right code a second time, by the session that had brought it: a form that was sent twice, or an answer that was
 * lost. Answers with the account's session that it got, unless somebody uses that one already; null when it is anything
 * else. The code is asked for again, because a copied cookie of the claim must not open the account (ASVS 5.0, 7.2.4),
 * and its tries go on counting.
 */
export async function answerCodeAgain(
  services: Services,
  tx: Executor,
  asker: { userId: string; sessionId: string },
  { code, client }: { code: string; client: Client },
): Promise<StartedSession | null> {
  const replacement = await findReplacement(services, tx, asker.sessionId);
  if (replacement?.userId !== asker.userId) return null;
  const used = (await listCodes(tx, asker.userId)).find((row) => row.usedAt !== null);
  // The right one may have been the last of its tries.
  if (!used || used.tries > TRIES_PER_CODE) return null;
  const { userId } = asker;
  const { network } = client;
  if (!matchesCode(services.keys, used.id, used.codeHash, code)) {
    await countTry(tx, [used.id]);
    await recordAudit(services, tx, { type: "confirmation_refused", userId, network, details: {} });
    return null;
  }
  // Each leaves a row, as a refreshed token does.
  if (!(await mayRefresh(services, tx, replacement.id))) return null;
  await recordAudit(services, tx, { type: "signed_in", userId, network, details: { scope: "full" } });
  return answerAgain(services, tx, replacement);
}

async function mayRefresh(services: Services, tx: Executor, sessionId: string): Promise<boolean> {
  try {
    await admitRefresh(services, tx, sessionId, services.clock());
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

function findReplacement(services: Services, executor: Executor, sessionId: string) {
  const now = services.clock();
  return findUnusedReplacement(executor, sessionId, { since: addSeconds(now, -GO_ON_SECONDS), now });
}

/** The claim was confirmed: its sessions that are open still may go on for GO_ON_SECONDS, and open nothing more until then. */
export async function letOthersGoOn(tx: Executor, userId: string, now: Date): Promise<void> {
  await shortenClaimSessionsOf(tx, userId, addSeconds(now, GO_ON_SECONDS));
}

/**
 * A claim's session that was open when its address was confirmed elsewhere becomes a full one, under a new id
 * (ASVS 5.0, 7.2.4), once. Throws `not_confirmed`, `already_confirmed` for a session that is full, `invalid_token`
 * when it was used for this before.
 */
export async function goOnAfterConfirmation(
  services: Services,
  asker: Identity,
  client: Client,
): Promise<{ user: UserData; session: StartedSession }> {
  if (asker.scope === "full")
    throw new DomainError("already_confirmed", { text: "already_confirmed_sign_in" });
  return inTransaction(services.db, async (tx) => {
    const user = await holdAccount(tx, asker.userId);
    if (!user?.emailConfirmedAt) throw new DomainError("not_confirmed");
    const session = await exchangeSession(services, tx, asker, { client, now: services.clock() });
    await recordAudit(services, tx, {
      type: "signed_in",
      userId: user.id,
      network: client.network,
      details: { scope: "full" },
    });
    return { user: describeUser(user), session };
  });
}

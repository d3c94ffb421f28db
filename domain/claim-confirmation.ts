// What a claim's confirmation changes, whatever proved the address: the code or the link of its mail.
import { randomUUID } from "node:crypto";
import type { Executor } from "@/db/client";
import { markCodeUsed } from "@/db/codes";
import { cancelOpenDeliveries, listQueuedTo } from "@/db/deliveries";
import { insertOutboxRow } from "@/db/outbox";
import type { UserRow } from "@/db/schema";
import { listReplaced, markEmailConfirmed } from "@/db/users";
import { recordAudit } from "./audit-log";
import { endOtherClaims } from "./claims";
import type { Client } from "./client-network";
import { USER_CONFIRMED } from "./events";
import { uncountFurtherMails } from "./mailed-addresses";
import { uncountClaim } from "./rate-limit";
import { queueNotice } from "./registration";
import type { Services } from "./services";
import { carryTrace } from "./tracing";

/**
 * The claim becomes an account: its code and link are used up, other claims on the address end, what is on its way is
 * called off, what it and the claims that it replaced counted for is given back, the mail of welcome is queued, and the event goes out. Sessions are the caller's. Call under the claim's
 * lock.
 */
export async function settleConfirmation(
  services: Services,
  tx: Executor,
  { user, codeId, client, now }: { user: UserRow; codeId: string; client: Client; now: Date },
): Promise<void> {
  const userId = user.id;
  await markEmailConfirmed(tx, userId, now);
  await endOtherClaims(tx, user.email, userId, now);
  await cancelOpenDeliveries(tx, [userId], "confirmed", now);
  // After the deliveries (db/locks.ts).
  await markCodeUsed(tx, codeId, now);
  for (const claim of [user, ...(await listReplaced(tx, [userId]))])
    await uncount(services, tx, claim, user.email);
  await recordAudit(services, tx, { type: "confirmed", userId, network: client.network, details: {} });
  // Nobody waits for it, so the answer does not either: the relay starts it.
  if (services.settings.welcomeMail)
    await queueNotice(services, tx, user, { kind: "welcome", now, forRelay: true });
  const data = { userId, ...carryTrace(services.tracing) };
  await insertOutboxRow(tx, { id: randomUUID(), name: USER_CONFIRMED, data, createdAt: now }, 0);
}

/** What went to the address for this claim is taken back from the address's limits, now that it has an owner. */
async function uncount(
  services: Services,
  tx: Executor,
  { id, claimNetwork: networkHash }: Pick<UserRow, "id" | "claimNetwork">,
  email: string,
): Promise<void> {
  const queuedAt = await listQueuedTo(tx, id, email);
  await uncountClaim(services, tx, { email, networkHash }, queuedAt);
  await uncountFurtherMails(services, tx, email, queuedAt);
}

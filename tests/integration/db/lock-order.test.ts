// db/locks.ts: addresses are locked before claims, a claim before its deliveries, a delivery before its attempts and its
// code, by everybody. Each test stands where somebody stands that has the one and is about to take the other: whoever
// waits for the first must not hold the second already.
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { lockAddresses, lockClaim, onClaims } from "@/db/claim-transactions";
import type { Executor } from "@/db/client";
import { findDelivery } from "@/db/deliveries";
import { beginAttempt, listAttempts } from "@/db/delivery-attempts";
import { claimDelivery } from "@/db/delivery-leases";
import { confirmationCodes, deliveries, deliveryAttempts, users } from "@/db/schema";
import { revokeAllSessions } from "@/db/sessions";
import { findUser, findUserByUsername, freeUsernameOfEndedClaim } from "@/db/users";
import { changeAddress } from "@/domain/address-change";
import { recordAcceptance } from "@/domain/attempt-record";
import { recordAudit } from "@/domain/audit-log";
import { settleConfirmation } from "@/domain/claim-confirmation";
import { deriveCode } from "@/domain/confirmation-code";
import { confirmEmail } from "@/domain/email-confirmation";
import { erasePerson } from "@/domain/erasure";
import { registerUser } from "@/domain/registration";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

async function deliveryUnderWay() {
  const person = someone();
  const { user, deliveryId } = await registerUser(services, person);
  const now = services.clock();
  await services.db.transaction(async (tx) => {
    const due = { before: now, at: null };
    await claimDelivery(tx, deliveryId, { leaseToken: user.id, leaseSeconds: 25, now, due });
    await beginAttempt(tx, { deliveryId, number: 1, provider: "scripted", startedAt: now });
  });
  const delivery = await findDelivery(services.db, deliveryId);
  if (!delivery?.codeId) throw new Error("There is no such delivery with a code");
  return { person, user, deliveryId, delivery, codeId: delivery.codeId };
}

type UnderWay = Awaited<ReturnType<typeof deliveryUnderWay>>;
const isSomebodyWaiting = async () => {
  const rows = await services.db.execute(
    sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
  );
  return rows.length > 0;
};

/** `work` begins while we hold the delivery; when it waits for us, we go on to `rest`, which must be free. */
async function meet(
  mail: UnderWay,
  work: () => Promise<unknown>,
  rest: (tx: Executor) => Promise<unknown>,
): Promise<PromiseSettledResult<unknown>> {
  let working: Promise<PromiseSettledResult<unknown>[]> = Promise.resolve([]);
  await services.db.transaction(async (tx) => {
    await tx.execute(sql`set local lock_timeout = '500ms'`);
    await tx.select().from(deliveries).where(eq(deliveries.id, mail.deliveryId)).for("update");
    working = Promise.allSettled([work()]);
    await expect.poll(isSomebodyWaiting, { timeout: 10_000 }).toBe(true);
    await rest(tx);
  });
  const [result] = await working;
  if (!result) throw new Error("Nothing was done");
  return result;
}

const writeCode = (mail: UnderWay) => (tx: Executor) =>
  tx
    .update(confirmationCodes)
    .set({ expiresAt: new Date(Date.now() + 900_000) })
    .where(eq(confirmationCodes.id, mail.codeId));

const writeAttempt = (mail: UnderWay) => (tx: Executor) =>
  tx
    .update(deliveryAttempts)
    .set({ outcome: "lost" })
    .where(eq(deliveryAttempts.deliveryId, mail.deliveryId));

test.each([
  [
    "confirming by the code",
    (mail: UnderWay) => confirmEmail(services, mail.user.id, deriveCode(services.keys, mail.codeId)),
  ],
  [
    "confirming by whatever proves the address",
    (mail: UnderWay) =>
      onClaims(services, async (tx) => {
        const user = await lockClaim(tx, mail.user.id);
        if (!user) throw new Error("The claim is gone");
        const client = { network: null, device: null };
        await settleConfirmation(services, tx, { user, codeId: mail.codeId, client, now: services.clock() });
      }),
  ],
  ["changing the address", (mail: UnderWay) => changeAddress(services, mail.user.id, someone().email)],
])("%s waits for the delivery before it touches the code", async (_, work) => {
  const mail = await deliveryUnderWay();
  const result = await meet(mail, () => work(mail), writeCode(mail));
  expect(result.status).toBe("fulfilled");
  expect(await findDelivery(services.db, mail.deliveryId)).toMatchObject({ status: "cancelled" });
});

test("a claim that is erased waits for the delivery before its code goes", async () => {
  const mail = await deliveryUnderWay();
  const result = await meet(mail, () => erasePerson(services, mail.person.email), writeCode(mail));
  expect(result.status).toBe("fulfilled");
  expect(await findDelivery(services.db, mail.deliveryId)).toBeNull();
});

test("a claim that ended gives its username back without waiting for its delivery, which stays", async () => {
  const mail = await deliveryUnderWay();
  await services.db
    .update(users)
    .set({ claimExpiresAt: new Date(0) })
    .where(eq(users.id, mail.user.id));
  await services.db.transaction(async (holder) => {
    await holder.select().from(deliveries).where(eq(deliveries.id, mail.deliveryId)).for("update");
    await services.db.transaction(async (tx) => {
      await tx.execute(sql`set local lock_timeout = '500ms'`);
      await freeUsernameOfEndedClaim(tx, mail.person.username, services.clock());
    });
  });
  expect(await findUserByUsername(services.db, mail.person.username)).toBeNull();
  expect(await findDelivery(services.db, mail.deliveryId)).toEqual(mail.delivery);
});

test("a mail that is withheld waits for the delivery before it touches the attempt", async () => {
  const mail = await deliveryUnderWay();
  const result = { outcome: "accepted", providerMessageId: null } as const;
  const withhold = () => recordAcceptance(services, mail.delivery, result, "owner_told");
  const met = await meet(mail, withhold, writeAttempt(mail));
  expect(met.status).toBe("fulfilled");
  expect(await listAttempts(services.db, mail.deliveryId)).toMatchObject([{ outcome: "withheld" }]);
});

test("a claim that moved while its address was waited for is held by nobody who waits for the new one", async () => {
  const { user } = await registerUser(services, someone());
  // Addresses are locked in their order: whoever waits for the first one has not got the second.
  const [next = "", asked = ""] = [someone().email, someone().email].sort();
  let change: Promise<unknown> = Promise.resolve();
  await onClaims(services, async (holder) => {
    await lockAddresses(holder, [next]);
    await onClaims(services, async (mover) => {
      await lockAddresses(mover, [user.email]);
      change = changeAddress(services, user.id, asked);
      await expect.poll(isSomebodyWaiting, { timeout: 10_000 }).toBe(true);
      await mover.update(users).set({ email: next }).where(eq(users.id, user.id));
    });
    // It waits again, now for us, and we go on as somebody who registers with that address does.
    await expect.poll(isSomebodyWaiting, { timeout: 10_000 }).toBe(true);
    await holder.execute(sql`set local lock_timeout = '500ms'`);
    await holder.select().from(users).where(eq(users.id, user.id)).for("update");
    await lockAddresses(holder, [asked]);
  });
  await change;
  expect(await findUser(services.db, user.id)).toMatchObject({ email: asked });
});

test("whoever ends a session of a claim may write that down while the claim waits to be confirmed", async () => {
  const mail = await deliveryUnderWay();
  let confirmed: Promise<unknown> = Promise.resolve();
  await services.db.transaction(async (tx) => {
    await revokeAllSessions(tx, [mail.user.id], services.clock());
    confirmed = confirmEmail(services, mail.user.id, deriveCode(services.keys, mail.codeId));
    await expect.poll(isSomebodyWaiting, { timeout: 10_000 }).toBe(true);
    await tx.execute(sql`set local lock_timeout = '500ms'`);
    await recordAudit(services, tx, {
      type: "session_revoked",
      userId: mail.user.id,
      details: { reason: "signed_out", sessions: 1 },
    });
  });
  expect(await confirmed).toMatchObject({ user: { email_confirmed: true } });
});

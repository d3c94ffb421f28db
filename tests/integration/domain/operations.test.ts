// What operators see and do, with real SQL.
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { listAuditRows } from "@/db/audit-log";
import { findDelivery, findNewestClaimMail } from "@/db/deliveries";
import { explainDelivery, explainWhatever } from "@/domain/delivery-facts";
import { browseDeliveries, readAddressPattern, readCursor, readOverview } from "@/domain/delivery-list";
import { confirmEmail, requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { applyProviderEvent } from "@/domain/provider-events";
import { registerUser } from "@/domain/registration";
import { cancelDelivery, REFUSALS, refusalSentence, replayDelivery, replayFailed } from "@/domain/replay";
import { codeOf } from "@/tests/support/codes";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

const REFUSED = refusal({ class: "permanent", code: "mailbox_unavailable", providerCode: "550 5.1.1" });

async function registered(change: Parameters<typeof someone>[0] = {}) {
  const person = someone(change);
  const { user, deliveryId } = await registerUser(services, person);
  return { person, userId: user.id, deliveryId };
}

async function failed(change: Parameters<typeof someone>[0] = {}) {
  const made = await registered(change);
  services.transport.answer(REFUSED);
  await attemptDelivery(services, made.deliveryId);
  return made;
}

const idsOf = (page: { deliveries: readonly { id: string }[] }) => page.deliveries.map(({ id }) => id);
const statusOf = async (id: string) => (await findDelivery(services.db, id))?.status;
const bounce = (deliveryId: string, isPermanent: boolean) =>
  applyProviderEvent(services, {
    id: `bounce-${deliveryId}`,
    type: "bounced",
    providerMessageId: "unknown",
    deliveryId,
    isPermanent,
    text: null,
  });

describe("the list of deliveries", () => {
  test("comes in pages, newest first, and of mails queued at one instant none is missing or there twice", async () => {
    const made: string[] = [];
    for (let n = 0; n < 7; n++) made.push((await registered({})).deliveryId);
    await services.db.execute(
      sql`update deliveries set created_at = '2001-01-01T00:00:00Z' where id in ${made.slice(0, 5)}`,
    );
    const filter = { before: new Date("2001-01-02") };
    const seen: string[] = [];
    let cursor: string | undefined;
    const sizes: number[] = [];
    do {
      const page = await browseDeliveries(services, filter, { cursor, size: 2 });
      seen.push(...idsOf(page));
      sizes.push(page.deliveries.length);
      cursor = page.older ?? undefined;
    } while (cursor);
    expect(sizes).toEqual([2, 2, 1]);
    expect(seen).toEqual(made.slice(0, 5).sort().reverse());
    const all = await browseDeliveries(services, {}, { size: 100 });
    expect(idsOf(all).slice(-5)).toEqual(seen);
    expect(all.older).toBeNull();
  });

  test("shows addresses masked, and what the newest attempt came to", async () => {
    const { person, deliveryId } = await failed();
    const page = await browseDeliveries(services, {}, { size: 100 });
    expect(page.deliveries.find(({ id }) => id === deliveryId)).toMatchObject({
      status: "failed",
      attempt: 1,
      provider: "scripted",
      errorClass: "permanent",
      reasonCode: "mailbox_unavailable",
    });
    expect(JSON.stringify(page)).not.toContain(person.email);
  });

  test("is filtered by state, provider, class of error, time and masked address, and by all of them at once", async () => {
    const { deliveryId } = await failed({ email: "grace.hopper@filters.example" });
    const other = await registered({ email: "ada.lovelace@filters.example" });
    const waiting = await registered({ email: "gr@filters.example" });
    await attemptDelivery(services, other.deliveryId);
    const find = async (filter: Parameters<typeof browseDeliveries>[1]) =>
      idsOf(
        await browseDeliveries(
          services,
          { address: { domain: "filters.example", local: null }, ...filter },
          {},
        ),
      );
    expect((await find({})).sort()).toEqual([deliveryId, other.deliveryId, waiting.deliveryId].sort());
    expect(await find({ statuses: ["failed"] })).toEqual([deliveryId]);
    expect((await find({ statuses: ["sent", "queued"] })).sort()).toEqual(
      [other.deliveryId, waiting.deliveryId].sort(),
    );
    expect((await find({ provider: "scripted" })).sort()).toEqual([deliveryId, other.deliveryId].sort());
    expect(await find({ provider: "another" })).toEqual([]);
    expect(await find({ errorClass: "permanent" })).toEqual([deliveryId]);
    expect(await find({ errorClass: "ours" })).toEqual([]);
    expect(await find({ before: new Date(services.clock().getTime() - 60_000) })).toEqual([]);
    expect(await find({ since: new Date(services.clock().getTime() - 60_000) })).toHaveLength(3);
    const masked = (typed: string) => {
      const address = readAddressPattern(typed);
      if (!address) throw new Error(`${typed} is no pattern`);
      return find({ address });
    };
    expect(await masked("g…r@filters.example")).toEqual([deliveryId]);
    expect(await masked("g...r@filters.example")).toEqual([deliveryId]);
    expect(await masked("Grace.Hopper@filters.example")).toEqual([deliveryId]);
    expect(await masked("g…@filters.example")).toEqual([waiting.deliveryId]);
    expect(await masked("%…r@filters.example")).toEqual([]);
    expect(
      await find({
        statuses: ["failed"],
        provider: "scripted",
        errorClass: "permanent",
        since: new Date(services.clock().getTime() - 60_000),
      }),
    ).toEqual([deliveryId]);
  });

  test("takes no cursor that it did not give", () => {
    for (const typed of ["", "x", "1.2", "zzzzzzzzzz.6f1d7a3e-0000-4000-8000-000000000000", "1.' or 1=1"])
      expect(readCursor(typed)).toBeNull();
  });
});

describe("now", () => {
  test("counts what is under way, and how long the oldest has waited", async () => {
    const before = await readOverview(services);
    const { deliveryId } = await registered();
    const retried = await registered();
    services.transport.answer(refusal());
    await attemptDelivery(services, retried.deliveryId);
    const now = await readOverview(services);
    expect(now.queued).toBe(before.queued + 1);
    expect(now.retrying).toBe(before.retrying + 1);
    expect(now.sending).toBe(before.sending);
    await services.db.execute(
      sql`update deliveries set created_at = created_at - interval '3 hours' where id = ${deliveryId}`,
    );
    const later = await readOverview(services);
    expect(later.oldestWaitSeconds).toBeGreaterThanOrEqual(3 * 3600);
    expect(later.lastDay.retrying).toBeGreaterThanOrEqual(1);
  });
});

describe("one delivery", () => {
  test("is told in words, with every attempt and the provider's answer, and without its address", async () => {
    const { person, deliveryId, userId } = await registered();
    services.transport.answer(
      refusal({ code: "server_busy", providerCode: "451", providerText: "come later" }),
    );
    await attemptDelivery(services, deliveryId);
    services.pass(61);
    await attemptDelivery(services, deliveryId);
    services.pass(5);
    await bounce(deliveryId, false);
    const found = await explainDelivery(services, deliveryId);
    expect(found?.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "accepted"]);
    expect(found?.story.summary).toBe("Came back from the mailbox. This address refused the mail.");
    expect(found?.story.lines.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Queued for a….@example\.com: code to confirm the address\.$/),
      expect.stringContaining("The engine has not been told yet"),
      "Attempt 1 began, by scripted.",
      "Attempt 1 failed (for now): The mail server is busy. The provider’s words: “451 come later”.",
      "Attempt 2 began, by scripted.",
      "Attempt 2: scripted took the mail.",
      "The provider says: the mailbox sent the mail back.",
    ]);
    expect(JSON.stringify(found?.story)).not.toContain(person.email);
    for (const whatever of [deliveryId, userId, person.username, person.email.toUpperCase()])
      expect((await explainWhatever(services, whatever)).map(({ delivery }) => delivery.id)).toEqual([
        deliveryId,
      ]);
    for (const nobody of ["nobody", "nobody@example.com", "6f1d7a3e-0000-4000-8000-000000000000"])
      expect(await explainWhatever(services, nobody)).toEqual([]);
  });
});

describe("sending a mail anew", () => {
  test("queues exactly one more mail, for the same claim and with a code that works, and is written down", async () => {
    const { person, userId, deliveryId } = await failed();
    const replay = await replayDelivery(services, deliveryId);
    if (replay.outcome !== "replayed") throw new Error(replay.code);
    const newId = replay.queued.deliveryId;
    expect(await statusOf(deliveryId)).toBe("failed");
    await attemptDelivery(services, newId);
    await attemptDelivery(services, newId);
    await attemptDelivery(services, deliveryId);
    // The first was refused, so one mail is out.
    expect(services.transport.handed.filter(({ to }) => to === person.email)).toHaveLength(2);
    expect(new Set(services.transport.handed.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
    const [row] = await listAuditRows(services.db, { userId }, { limit: 1 });
    expect(row).toMatchObject({
      type: "delivery_replayed",
      actor: "operator",
      details: { deliveryId, newDeliveryId: newId },
    });
    const [old, fresh] = await Promise.all([deliveryId, newId].map((id) => explainDelivery(services, id)));
    expect(old?.story.lines.at(-1)?.text).toContain(newId);
    expect(fresh?.story.lines.map(({ text }) => text)).toContain(
      `Queued by an operator, in the place of ${deliveryId}.`,
    );
    await expect(confirmEmail(services, userId, await codeOf(services, newId))).resolves.toBeDefined();
  });

  test("by many operators at the same time queues one mail", async () => {
    const { userId, deliveryId } = await failed();
    const replays = await Promise.all([1, 2, 3, 4].map(() => replayDelivery(services, deliveryId)));
    expect(replays.filter(({ outcome }) => outcome === "replayed")).toHaveLength(1);
    expect(replays.filter((one) => one.outcome === "refused").map(({ code }) => code)).toEqual([
      "superseded",
      "superseded",
      "superseded",
    ]);
    const [row] = await services.db.execute<{ count: number }>(
      sql`select count(*)::int as count from deliveries where user_id = ${userId}`,
    );
    expect(row?.count).toBe(2);
  });

  test("takes a bounce that may pass, and a mail that was called off", async () => {
    const bounced = await registered();
    await attemptDelivery(services, bounced.deliveryId);
    await bounce(bounced.deliveryId, false);
    expect(await replayDelivery(services, bounced.deliveryId)).toMatchObject({ outcome: "replayed" });
    const { deliveryId } = await registered();
    await cancelDelivery(services, deliveryId);
    expect(await replayDelivery(services, deliveryId)).toMatchObject({ outcome: "replayed" });
  });

  test("is refused, and nothing is written, wherever a second mail would be wrong", async () => {
    const unknown = "6f1d7a3e-0000-4000-8000-000000000000";
    const open = await registered();
    const sent = await registered();
    await attemptDelivery(services, sent.deliveryId);
    const confirmed = await failed();
    const another = await replayDelivery(services, confirmed.deliveryId);
    if (another.outcome !== "replayed") throw new Error(another.code);
    await confirmEmail(services, confirmed.userId, await codeOf(services, another.queued.deliveryId));
    const superseded = await failed();
    services.pass(61);
    await requestAnotherCode(services, superseded.userId);
    const hard = await registered();
    await attemptDelivery(services, hard.deliveryId);
    await bounce(hard.deliveryId, true);
    const over = await failed();
    await services.db.execute(
      sql`update users set claim_expires_at = ${services.clock().toISOString()} where id = ${over.userId}`,
    );
    const count = async () => {
      const [row] = await services.db.execute<{ mails: number; acts: number }>(
        sql`select (select count(*)::int from deliveries) as mails,
          (select count(*)::int from audit_log where actor = 'operator') as acts`,
      );
      return row;
    };
    const before = await count();
    const codes: Record<string, string> = {};
    for (const [name, id] of Object.entries({
      unknown,
      open: open.deliveryId,
      sent: sent.deliveryId,
      confirmed: confirmed.deliveryId,
      superseded: superseded.deliveryId,
      hard: hard.deliveryId,
      over: over.deliveryId,
    })) {
      const replay = await replayDelivery(services, id);
      codes[name] = replay.outcome === "refused" ? replay.code : replay.outcome;
    }
    expect(codes).toEqual({
      unknown: "unknown_delivery",
      open: "still_open",
      sent: "already_sent",
      confirmed: "already_confirmed",
      superseded: "superseded",
      hard: "address_suppressed",
      over: "registration_over",
    });
    expect(await count()).toEqual(before);
  });

  test("of all that failed since a time takes those that are waited for, as many as asked, and no older ones", async () => {
    const old = await failed();
    services.pass(3600);
    const since = services.clock();
    const first = await failed();
    services.pass(1);
    const second = await failed();
    services.pass(1);
    const confirmed = await failed();
    await services.db.execute(
      sql`update users set email_confirmed_at = now() where id = ${confirmed.userId}`,
    );
    const one = await replayFailed(services, { since, limit: 1 });
    expect(one).toMatchObject({ refused: 0, isMore: true });
    const rest = await replayFailed(services, { since, limit: 10 });
    expect(rest).toMatchObject({ refused: 0, isMore: false });
    const made = [...one.replayed, ...rest.replayed].map(({ deliveryId }) => deliveryId);
    expect(made).toEqual([
      (await findNewestClaimMail(services.db, first.userId))?.id,
      (await findNewestClaimMail(services.db, second.userId))?.id,
    ]);
    expect((await findNewestClaimMail(services.db, old.userId))?.id).toBe(old.deliveryId);
    expect((await replayFailed(services, { since, limit: 10 })).replayed).toEqual([]);
  });
});

describe("calling a mail off", () => {
  test("keeps it from being sent, and is written down", async () => {
    const { person, userId, deliveryId } = await registered();
    expect(await cancelDelivery(services, deliveryId)).toEqual({ outcome: "cancelled" });
    await attemptDelivery(services, deliveryId);
    expect(services.transport.handed.filter(({ to }) => to === person.email)).toEqual([]);
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({
      status: "cancelled",
      reasonCode: "called_off",
    });
    const [row] = await listAuditRows(services.db, { userId }, { limit: 1 });
    expect(row).toMatchObject({ type: "delivery_cancelled", actor: "operator", details: { deliveryId } });
  });

  test("is refused for one that is being handed over, and for one that is settled", async () => {
    const { deliveryId } = await registered();
    let during: unknown;
    services.transport.answer(async () => {
      during = await cancelDelivery(services, deliveryId);
      return { outcome: "accepted", providerMessageId: "m" };
    });
    await attemptDelivery(services, deliveryId);
    expect(during).toEqual({ outcome: "refused", code: "being_sent" });
    expect(await statusOf(deliveryId)).toBe("sent");
    expect(await cancelDelivery(services, deliveryId)).toEqual({
      outcome: "refused",
      code: "already_settled",
    });
  });
});

test("every refusal has its sentence", () => {
  for (const code of REFUSALS) expect(refusalSentence(code)).toMatch(/^[A-Z].+\.$/);
});

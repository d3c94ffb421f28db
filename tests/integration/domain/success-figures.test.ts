// The figures of success, of answers that processes counted and of mails as they stand.
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { readAnswerTimes } from "@/db/answer-times";
import { deliveries, users } from "@/db/schema";
import { removedMails } from "@/db/schema-outside";
import { createAnswerTimes } from "@/domain/answer-times";
import { attemptDelivery } from "@/domain/email-delivery";
import { erasePerson } from "@/domain/erasure";
import { applyProviderEvent } from "@/domain/provider-events";
import { registerUser } from "@/domain/registration";
import { cancelDelivery } from "@/domain/replay";
import { purgeExpired } from "@/domain/retention";
import { listProcesses, reportProcess, signOffProcess } from "@/domain/server-processes";
import { readSpan, readSuccess } from "@/domain/success-figures";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
beforeEach(async () => {
  await services.db.execute(
    sql`truncate users, outbox, answer_times, removed_mails, server_processes cascade`,
  );
});

const HOUR = 3600;
const DAY = 24 * HOUR;

async function sendOne(...answers: Parameters<typeof services.transport.answer>) {
  const { deliveryId } = await registerUser(services, someone());
  services.transport.answer(...answers);
  for (let attempt = 0; attempt < Math.max(1, answers.length); attempt++)
    await attemptDelivery(services, deliveryId);
  return deliveryId;
}

describe("how long registrations took", () => {
  test("is added up over processes and minutes, and is in every span that it lies in", async () => {
    const processes = [createAnswerTimes(), createAnswerTimes()];
    for (const process of processes) {
      for (let count = 0; count < 49; count++) process.add(0.1, services.clock());
      process.add(3, services.clock());
      await process.flush(services);
    }
    const { "1h": hour, "7d": week } = await readSuccess(services);
    expect(hour?.total.answers.count).toBe(100);
    expect(hour?.total.answers.withinASecond).toBe(0.98);
    expect(hour?.total.answers.p50).toBeCloseTo(0.1, 1);
    expect(hour?.total.answers.p95).toBe(hour?.total.answers.p50);
    expect(hour?.total.answers.p99).toBeGreaterThanOrEqual(3);
    expect(hour?.slots.at(-1)?.answers.count).toBe(100);
    expect(hour?.slots.slice(0, -1).every(({ answers }) => answers.count === 0)).toBe(true);
    services.pass(2 * HOUR);
    const later = await readSuccess(services);
    expect(later["1h"]?.total.answers).toMatchObject({ count: 0, p50: null, withinASecond: null });
    expect(later["24h"]?.total.answers).toEqual(week?.total.answers);
    services.pass(8 * DAY);
    expect((await readSuccess(services))["7d"]?.total.answers.count).toBe(0);
  });

  test("is kept while the database is away, and written once", async () => {
    const process = createAnswerTimes();
    process.add(0.2, services.clock());
    const insert = vi.spyOn(services.db, "insert").mockImplementation(() => {
      throw new Error("away");
    });
    await expect(process.flush(services)).rejects.toThrow("away");
    insert.mockRestore();
    process.add(0.2, services.clock());
    await process.flush(services);
    await process.flush(services);
    const rows = await readAnswerTimes(services.db, {
      since: new Date(services.clock().getTime() - 120_000),
      slotSeconds: 300,
      widthSeconds: 60,
    });
    expect(rows.map(({ count }) => count)).toEqual([2]);
  });

  test("by two processes at the same time loses none", async () => {
    const processes = Array.from({ length: 6 }, createAnswerTimes);
    for (const process of processes)
      for (const seconds of [0.01, 0.02, 0.04, 0.08, 0.16]) process.add(seconds, services.clock());
    await Promise.all(processes.map((process) => process.flush(services)));
    expect((await readSuccess(services))["1h"]?.total.answers.count).toBe(30);
  });
});

describe("what became of mails", () => {
  test("counts arrived, returned or held back, and given up, leaves out what is open or called off, and tells second tries", async () => {
    await sendOne();
    await sendOne();
    const bounced = await sendOne();
    await applyProviderEvent(services, {
      id: `bounce-${bounced}`,
      type: "bounced",
      providerMessageId: "unknown",
      deliveryId: bounced,
      isPermanent: false,
      text: null,
    });
    const suppressed = await sendOne();
    await applyProviderEvent(services, {
      id: `suppressed-${suppressed}`,
      type: "suppressed",
      providerMessageId: "unknown",
      deliveryId: suppressed,
      isPermanent: true,
      text: null,
    });
    await sendOne(refusal({ class: "permanent", code: "mailbox_unavailable" }));
    const waits = await sendOne(refusal());
    const off = await registerUser(services, someone());
    await cancelDelivery(services, off.deliveryId);
    services.pass(61);
    await attemptDelivery(services, waits);
    const { "1h": hour } = await readSuccess(services);
    expect(hour?.total.mails).toEqual({ queued: 7, arrived: 3, bounced: 2, failed: 1, tried: 6, retried: 1 });
    expect(hour?.total.deliveryRate).toBe(3 / 6);
    expect(hour?.total.retryRate).toBe(1 / 6);
    expect(hour?.slots).toHaveLength(12);
    expect(hour?.slots.reduce((sum, { mails }) => sum + mails.queued, 0)).toBe(7);
  });

  test("stays counted for the week when the rows are removed: most whose mail failed never confirm", async () => {
    const arrives = await sendOne();
    for (let attempt = 0; attempt < 2; attempt++)
      await sendOne(refusal({ class: "permanent", code: "mailbox_unavailable" }));
    const person = someone();
    const erased = await registerUser(services, person);
    await attemptDelivery(services, erased.deliveryId);
    const kept = await services.db.select().from(deliveries).where(eq(deliveries.id, arrives));
    await services.db
      .update(users)
      .set({ emailConfirmedAt: services.clock() })
      .where(eq(users.id, kept[0]?.userId ?? ""));
    const week = async () => (await readSuccess(services))["7d"];
    services.pass(HOUR);
    const before = await week();
    expect(before?.total.mails).toMatchObject({ queued: 4, arrived: 2, failed: 2 });
    await erasePerson(services, person.email);
    services.pass(3 * DAY);
    await purgeExpired(services);
    expect(await services.db.$count(deliveries)).toBe(1);
    expect((await week())?.total).toEqual(before?.total);
    expect((await week())?.slots.reduce((sum, { mails }) => sum + mails.failed, 0)).toBe(2);
    services.pass(8 * DAY);
    await purgeExpired(services);
    expect(await services.db.$count(removedMails)).toBe(0);
  });

  test("is in its own bar of the hour, and for a whole hour, whether its row is there or not", async () => {
    // Late in a quarter of an hour, which began before the hour that is told of in the end.
    const quarterMs = 15 * 60_000;
    services.pass((quarterMs - (services.clock().getTime() % quarterMs)) / 1000 + 14 * 60);
    const person = someone();
    const { deliveryId } = await registerUser(services, person);
    services.transport.answer(refusal({ class: "permanent", code: "mailbox_unavailable" }));
    await attemptDelivery(services, deliveryId);
    services.pass(20 * 60);
    const hour = async () => (await readSuccess(services))["1h"];
    const before = await hour();
    await erasePerson(services, person.email);
    expect(await hour()).toEqual(before);
    for (let minutes = 20; minutes < 59; minutes++) {
      services.pass(60);
      expect((await hour())?.total.mails, `${minutes} minutes later`).toMatchObject({ queued: 1, failed: 1 });
    }
    services.pass(120);
    expect((await hour())?.total.mails.queued).toBe(0);
  });

  test("is counted once while rows are being removed", async () => {
    const people = Array.from({ length: 20 }, () => someone());
    for (const person of people) await registerUser(services, person);
    const queued = async () => (await readSpan(services, "7d"))?.total.mails.queued;
    expect(await queued()).toBe(20);
    let isOver = false;
    const removing = (async () => {
      for (const { email } of people) await erasePerson(services, email);
      isOver = true;
    })();
    while (!isOver) expect(await queued()).toBe(20);
    await removing;
    expect(await queued()).toBe(20);
  });

  test("is nothing, not zero percent, where there was no mail", async () => {
    const { "24h": day } = await readSuccess(services);
    expect(day?.total).toMatchObject({ deliveryRate: null, retryRate: null });
    expect(day?.slots).toHaveLength(24);
  });
});

describe("server processes", () => {
  const report = (id: string, mailProvider: "open" | null = null) =>
    reportProcess(services, { id, startedAt: services.clock(), engine: "closed", mailProvider });
  const A = "6f1d7a3e-0000-4000-8000-00000000000a";
  const B = "6f1d7a3e-0000-4000-8000-00000000000b";
  const ids = async () => (await listProcesses(services)).map(({ id }) => id);

  test("are listed while they report, with what their breakers say", async () => {
    await report(A);
    services.pass(10);
    await report(A, "open");
    await report(B);
    expect(await listProcesses(services)).toMatchObject([
      { id: A, engine: "closed", mailProvider: "open" },
      { id: B, mailProvider: null },
    ]);
    services.pass(30);
    await report(B);
    services.pass(10);
    expect(await ids()).toEqual([B]);
    await signOffProcess(services, B);
    expect(await ids()).toEqual([]);
  });

  test("whose breaker is in a state that this version does not know are shown as in trouble", async () => {
    await report(A);
    await services.db.execute(sql`update server_processes set engine = 'melted'`);
    expect(await listProcesses(services)).toMatchObject([{ id: A, engine: "open" }]);
  });
});

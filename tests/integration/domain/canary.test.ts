// A registration of our own: by everybody's way, counted nowhere, told to nobody, and gone afterwards.
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { outbox, suppressions } from "@/db/schema";
import { canaryRuns } from "@/db/schema-outside";
import { endCanary, readCanary, startCanary } from "@/domain/canary";
import { readOverview } from "@/domain/delivery-list";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import { readSendingFigures } from "@/domain/sending-figures";
import { readSuccess } from "@/domain/success-figures";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const TO = "canary@sink.example";
const services = useTestServices(useTestDatabase());
beforeEach(async () => {
  services.settings.canaryTo = TO;
  services.settings.rateLimits = true;
  services.meter = { registration: vi.fn(), limitHit: vi.fn(), accepted: vi.fn() };
  await services.db.execute(
    sql`truncate users, outbox, rate_limits, audit_log, suppressions, canary_runs cascade`,
  );
});

/** What is left in all tables but the canary's own. */
async function countOthers(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of [
    "users",
    "deliveries",
    "sessions",
    "outbox",
    "confirmation_codes",
    "audit_log",
    "rate_limits",
  ]) {
    const [row] = await services.db.execute<{ count: number }>(
      sql`select count(*)::int from ${sql.identifier(name)}`,
    );
    if (row && row.count > 0) counts[name] = row.count;
  }
  return counts;
}

async function start() {
  const { runId, queued } = await startCanary(services, TO);
  if (!queued) throw new Error("The canary did not register");
  return { runId, ...queued };
}

describe("a canary that comes through", () => {
  test("leaves how long it took, and nothing else in any table", async () => {
    const { runId, deliveryId } = await start();
    expect(await endCanary(services, runId, { isPatient: true })).toBe(false);
    services.pass(2.2);
    await attemptDelivery(services, deliveryId);
    expect(services.transport.handed).toMatchObject([{ to: TO }]);
    expect(await endCanary(services, runId, { isPatient: true })).toBe(true);
    expect(await countOthers()).toEqual({});
    expect(await readCanary(services)).toMatchObject({
      last: { acceptedAfterMs: 2_200, reason: null },
      lastDay: { runs: 1, through: 1, slowestMs: 2_200 },
    });
  });

  test("counts in no limit and in no figure of success while it is under way, and is told to nobody", async () => {
    for (let n = 0; n < 8; n++) {
      const { runId, deliveryId } = await start();
      expect((await services.db.select().from(outbox)).map(({ name }) => name)).toEqual([
        "delivery/requested",
      ]);
      await attemptDelivery(services, deliveryId);
      expect(await readOverview(services)).toMatchObject({ lastDay: {} });
      expect(await readSendingFigures(services)).toMatchObject({ deliveries: [], attempts: [] });
      expect((await readSuccess(services))["1h"]?.total).toMatchObject({ mails: { queued: 0, arrived: 0 } });
      expect((await countOthers()).audit_log).toBeUndefined();
      expect((await countOthers()).rate_limits).toBeUndefined();
      await endCanary(services, runId, { isPatient: true });
    }
    for (const count of Object.values(services.meter)) expect(count).not.toHaveBeenCalled();
  });
});

describe("a canary that does not come through", () => {
  test("says why, is no failed mail of anybody, and is gone all the same", async () => {
    const { runId, deliveryId } = await start();
    services.transport.answer(refusal({ class: "permanent", code: "mail_refused" }));
    await attemptDelivery(services, deliveryId);
    expect((await services.db.select().from(outbox)).map(({ name }) => name)).toEqual(["delivery/requested"]);
    expect(await endCanary(services, runId, { isPatient: true })).toBe(true);
    expect(await readCanary(services)).toMatchObject({
      last: { acceptedAfterMs: null, reason: "mail_refused" },
      lastThroughAt: null,
      lastDay: { runs: 1, through: 0, slowestMs: null },
    });
    expect(await countOthers()).toEqual({});
    expect(services.lines.filter(({ level }) => level === "error").at(-1)?.sentence).toBe(
      "The canary did not come through: mail_refused",
    );
  });

  test("because nobody sent it in time says so; after a try that failed, with that try's reason", async () => {
    const silent = await start();
    await endCanary(services, silent.runId, { isPatient: false });
    expect((await readCanary(services)).last?.reason).toBe("not_in_time");
    services.pass(300);
    const refused = await start();
    services.transport.answer(refusal({ code: "connection_refused" }));
    await attemptDelivery(services, refused.deliveryId);
    expect(await endCanary(services, refused.runId, { isPatient: true })).toBe(false);
    await endCanary(services, refused.runId, { isPatient: false });
    expect((await readCanary(services)).last?.reason).toBe("connection_refused");
    expect(await findDelivery(services.db, refused.deliveryId)).toBeNull();
  });

  test("because its address must not be mailed says so", async () => {
    await services.db
      .insert(suppressions)
      .values({ email: TO, reason: "bounced", createdAt: services.clock() });
    const { runId, deliveryId } = await start();
    await attemptDelivery(services, deliveryId);
    await endCanary(services, runId, { isPatient: true });
    expect((await readCanary(services)).last?.reason).toBe("address_suppressed");
  });

  test("because it cannot even register ends with that", async () => {
    services.mailDomains = { takesMail: async () => false };
    expect((await startCanary(services, TO)).queued).toBeNull();
    expect(await readCanary(services)).toMatchObject({
      last: { reason: "invalid_input", acceptedAfterMs: null },
    });
    expect(await countOthers()).toEqual({});
  });

  test("because its process died is ended by the next one, which leaves people's claims alone", async () => {
    const person = await registerUser(services, someone());
    await start();
    services.pass(300);
    const next = await start();
    const rows = await services.db.select().from(canaryRuns).orderBy(canaryRuns.startedAt);
    expect(rows).toMatchObject([{ reasonCode: "not_in_time" }, { id: next.runId, endedAt: null }]);
    expect((await countOthers()).users).toBe(2);
    await endCanary(services, next.runId, { isPatient: false });
    expect(await findDelivery(services.db, person.deliveryId)).not.toBeNull();
  });
});

// What is made of an engine that has not answered in time: in a crowd everything is late, and the engine may be well.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { findOutboxRow } from "@/db/outbox";
import { users } from "@/db/schema";
import { registerUser } from "@/domain/registration";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { startEngine, startNothing, startSilentTcp, useStubEngine } from "./support/stub-engine";

/** A busy machine may take longer than a person should wait; most of these tests are not about that. */
const UNHURRIED_MS = 10_000;
/** Calls that nobody answers make room for the next two after 250 ms: whoever comes then has a call of his own. */
const TWO_CALLS_MS = 300;
const LATE: unknown = expect.objectContaining({ published: false, error: "Timed out" });

const database = useTestDatabase();
const services = useTestServices(database);
const { useEngine, asked } = useStubEngine(database);
beforeEach(async () => {
  await services.db.delete(users);
  vi.stubEnv("EMAIL_SYNC_BUDGET", "10");
});

const register = async () => (await registerUser(services, someone())).outboxId;
const isPublished = async (id: string) => (await findOutboxRow(services.db, id))?.publishedAt !== null;

/** A process of its own, and how its breaker stands. */
async function start(engine: Parameters<typeof useEngine>[0]) {
  const { engineHealth, publishNow, dispatchDelivery, createWatchdogRound } = await useEngine(engine);
  const { breaker } = engineHealth(services);
  return {
    breaker,
    state: () => breaker.state(services.clock()),
    publish: (id: string, limitMs: number, isCrowded = false) =>
      publishNow(services, id, { limitMs, isCrowded }),
    publishInCrowd: async () => publishNow(services, await register(), { limitMs: 20, isCrowded: true }),
    /** With the rest of a second, or with nothing left of it. */
    dispatch: async (publishLimitMs: number, { isCrowded = false, leftMs = UNHURRIED_MS } = {}) => {
      const registration = await registerUser(services, someone());
      const startedAt = performance.now() + leftMs - 900;
      const dispatch = await dispatchDelivery(services, registration, {
        startedAt,
        publishLimitMs,
        isCrowded,
      });
      return { dispatch, deliveryId: registration.deliveryId };
    },
    watch: () => createWatchdogRound(services)(),
  };
}

describe("in a crowd", () => {
  test("an engine that has said nothing to anybody for a second is away", async () => {
    const { publish, state } = await start(await startSilentTcp());
    const [a, b, c, d] = await Promise.all([register(), register(), register(), register()]);
    const publishTwo = (...two: string[]) => Promise.all(two.map((id) => publish(id, TWO_CALLS_MS, true)));
    expect(await publishTwo(a, b)).toEqual([LATE, LATE]);
    expect(state()).toBe("closed");
    services.pass(1);
    expect(await publishTwo(c, d)).toEqual([LATE, LATE]);
    expect(state()).toBe("open");
  });

  test("an engine that is late with every answer is there", async () => {
    const { publish, state } = await start(await startEngine({ status: 200, afterMs: 100 }));
    for (let person = 0; person < 4; person++) {
      const id = await register();
      expect(await publish(id, 10, true)).toEqual(LATE);
      await expect.poll(() => isPublished(id), { timeout: UNHURRIED_MS }).toBe(true);
      services.pass(1);
    }
    expect(state()).toBe("closed");
  });

  test("calls that end by their own limit, unanswered as all others, count", async () => {
    const { publishInCrowd, state } = await start(await startEngine("hang"));
    for (let person = 0; person < 2; person++) expect(await publishInCrowd()).toEqual(LATE);
    expect(state()).toBe("closed");
    await expect.poll(state, { timeout: UNHURRIED_MS }).toBe("open");
  });

  test("mails are sent inside the requests as soon as a silent engine was found out", async () => {
    const { dispatch } = await start(await startSilentTcp());
    const dispatchOne = async () => (await dispatch(TWO_CALLS_MS, { isCrowded: true })).dispatch;
    expect(await Promise.all([dispatchOne(), dispatchOne()])).toEqual([{ queued: true }, { queued: true }]);
    services.pass(1);
    await Promise.all([dispatchOne(), dispatchOne()]);
    for (let person = 0; person < 3; person++)
      expect(await dispatchOne()).toEqual({ queued: false, sent: true });
  });

  test("the one that probes decides whether the engine is back, and has its mail sent", async () => {
    const { dispatch, breaker, state } = await start(await startEngine("hang"));
    for (const _ of [1, 2]) breaker.failed(services.clock());
    services.pass(5);
    expect((await dispatch(20, { isCrowded: true })).dispatch).toEqual({ queued: false, sent: true });
    await expect.poll(state, { timeout: UNHURRIED_MS }).toBe("open");
  });
});

describe("without a crowd", () => {
  test("an engine that has answered somebody meanwhile is there, whoever it left waiting", async () => {
    const engine = await startEngine("hang");
    const { publish, state } = await start(engine);
    const [first, second, third] = [await register(), await register(), await register()];
    const late = [first, second].map((id) => publish(id, 2 * UNHURRIED_MS));
    await expect.poll(asked, { timeout: UNHURRIED_MS }).toEqual([1, 1]);
    engine.behave({ status: 200 });
    expect(await publish(third, UNHURRIED_MS)).toEqual({ published: true });
    expect(await Promise.all(late)).toEqual([LATE, LATE]);
    expect(state()).toBe("closed");
  });

  test("late with no time left to send is queued: nobody is told that a queue failed that is there", async () => {
    const { dispatch } = await start(await startEngine({ status: 200, afterMs: 100 }));
    expect((await dispatch(10, { leftMs: 50 })).dispatch).toEqual({ queued: true });
    expect(services.transport.handed).toEqual([]);
  });

  test("late, and taken while the mail was under way, is queued", async () => {
    const { dispatch } = await start(await startEngine({ status: 200, afterMs: 100 }));
    services.transport.answer(() => new Promise(() => {}));
    expect((await dispatch(10, { leftMs: 900 })).dispatch).toEqual({ queued: true });
  });

  test("late, with time to send and a mail server that says nothing either, is told as it is", async () => {
    const { dispatch } = await start(await startEngine("hang"));
    services.transport.answer(() => new Promise(() => {}));
    expect((await dispatch(10, { leftMs: 600 })).dispatch).toEqual({
      queued: false,
      sent: false,
      error: "Failed to queue email: Timed out",
    });
  });
});

test("with the engine away and no time left to send, the watchdog sends it, and not the request", async () => {
  const { dispatch, breaker, watch } = await start(await startNothing());
  for (const _ of [1, 2]) breaker.failed(services.clock());
  const { dispatch: answer, deliveryId } = await dispatch(10, { leftMs: 50 });
  expect(answer).toEqual({
    queued: false,
    sent: false,
    error: "Failed to queue email: Connection refused",
  });
  expect(services.transport.handed).toEqual([]);
  services.pass(3);
  await watch();
  expect((await findDelivery(services.db, deliveryId))?.status).toBe("sent");
});

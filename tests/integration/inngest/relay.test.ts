// The relay's loop over an outage of the engine: what it holds back, in which order it goes on, and how it finds out.
import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { outbox } from "@/db/schema";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { type StubEngine, startEngine, useStubEngine } from "./support/stub-engine";

const database = useTestDatabase();
const services = useTestServices(database);
const { useEngine, received } = useStubEngine(database);
beforeEach(() => services.db.delete(outbox));

/** Rows that nobody leases, a second apart; their ids, oldest first. */
async function write(count: number, name = "test/order"): Promise<string[]> {
  const firstMs = services.clock().getTime() - 3_600_000;
  const rows = Array.from({ length: count }, (_, index) => ({
    id: randomUUID(),
    name,
    data: {},
    createdAt: new Date(firstMs + index * 1000),
  }));
  // Not in their order, so that it is the relay's.
  await services.db.insert(outbox).values(rows.toReversed());
  return rows.map(({ id }) => id);
}

const waiting = async () => (await services.db.select().from(outbox)).filter((row) => !row.publishedAt);

type Round = () => Promise<number>;

/** As the loop does it: rounds at the times that they ask for, until they have nothing to do, or `rounds` are over. */
async function go(round: Round, rounds: number): Promise<number[]> {
  const waits: number[] = [];
  for (let index = 0; index < rounds; index++) {
    const waitMs = await round();
    waits.push(waitMs);
    services.pass(waitMs / 1000);
  }
  return waits;
}

async function lose(engine: StubEngine, round: Round, rounds: number) {
  engine.behave({ status: 503 });
  const waits = await go(round, rounds);
  engine.asked.length = 0;
  return waits;
}

describe("an engine that is away", () => {
  test("holds back the relay and not its rows: when it is back they go out oldest first", async () => {
    const engine = await startEngine({ status: 200 });
    const { createRelayRound } = await useEngine(engine);
    const ids = await write(350);
    const round = createRelayRound(services);
    await lose(engine, round, 2);
    engine.behave({ status: 200 });
    await go(round, 5);
    expect(received().map(({ id }) => id)).toEqual(ids);
    expect(await waiting()).toEqual([]);
  });

  test("is tried with the oldest row alone, less and less often, at most every ten seconds", async () => {
    const engine = await startEngine({ status: 503 });
    const { createRelayRound, holdMsAfter } = await useEngine(engine);
    const [oldest] = await write(3);
    const round = createRelayRound(services);
    expect(await go(round, 2)).toEqual([1_000, 2_000]);
    expect([1, 2, 3, 4, 5, 6, 100].map(holdMsAfter)).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000,
    ]);
    expect(new Set(engine.asked)).toEqual(new Set([3, 1]));
    expect(engine.asked.at(-1)).toBe(1);
    const rows = await waiting();
    expect(rows.filter(({ id }) => id !== oldest).map(({ tries }) => tries)).toEqual([1, 1]);
  });

  test("is not asked when a new row wakes the relay in between, unless a registration came through", async () => {
    const engine = await startEngine({ status: 503 });
    const { createRelayRound, engineHealth } = await useEngine(engine);
    await write(3);
    const round = createRelayRound(services);
    await lose(engine, round, 1);
    expect(await round()).toBe(2_000);
    const { length } = engine.asked;
    services.pass(0.5);
    expect(await round()).toBe(1_500);
    expect(engine.asked).toHaveLength(length);
    engine.behave({ status: 200 });
    engineHealth(services).breaker.succeeded(services.clock());
    await go(round, 2);
    expect(await waiting()).toEqual([]);
  });

  test("and many processes: nothing goes out twice, and nothing is overtaken by more than the others' batches", async () => {
    const engine = await startEngine({ status: 200 });
    const { createRelayRound } = await useEngine(engine);
    const ids = await write(500);
    const rounds = [1, 2, 3].map(() => createRelayRound(services));
    engine.behave({ status: 503 });
    for (let turn = 0; turn < 2; turn++) {
      await Promise.all(rounds.map((round) => round()));
      services.pass(10);
    }
    engine.behave({ status: 200 });
    while ((await waiting()).length > 0) {
      await Promise.all(rounds.map((round) => round()));
      services.pass(10);
    }
    const order = received().map(({ id }) => ids.indexOf(id));
    expect(order).toHaveLength(500);
    expect(new Set(order).size).toBe(500);
    const overtaken = order.map((place, index) => Math.abs(place - index));
    expect(Math.max(...overtaken)).toBeLessThanOrEqual(200);
  });

  test("leaves what it refuses aside, one by one, and goes on with the others in order", async () => {
    const engine = await startEngine({ status: 200 });
    const { createRelayRound } = await useEngine(engine);
    const ids = await write(5);
    const bad = ids[2] ?? "";
    await services.db.update(outbox).set({ name: "bad" }).where(eq(outbox.id, bad));
    const round = createRelayRound(services);
    await lose(engine, round, 1);
    engine.behave({ status: 200, refuses: "bad" });
    await go(round, 3);
    expect(received().map(({ id }) => id)).toEqual(ids.filter((id) => id !== bad));
    const [left, ...others] = await waiting();
    expect(others).toEqual([]);
    expect(left).toMatchObject({ id: bad });
    expect((left?.leaseUntil?.getTime() ?? 0) - Date.now()).toBeGreaterThan(30_000);
  });
});

describe("a process where nobody registers and nothing waits", () => {
  async function lost() {
    const engine = await startEngine({ status: 503 });
    const parts = await useEngine(engine);
    const { breaker } = parts.engineHealth(services);
    for (const _ of [1, 2]) breaker.failed(services.clock());
    return { engine, breaker, round: parts.createRelayRound(services) };
  }

  test("asks an engine that was away with no event, and finds out that it is back", async () => {
    const { engine, breaker, round } = await lost();
    await go(round, 3);
    expect(breaker.state(services.clock())).not.toBe("closed");
    engine.behave({ status: 200 });
    await go(round, 2);
    expect(breaker.state(services.clock())).toBe("closed");
    expect(new Set(engine.asked)).toEqual(new Set([0]));
    expect(received()).toEqual([]);
    const { length } = engine.asked;
    // A well one is left alone.
    await go(round, 3);
    expect(engine.asked).toHaveLength(length);
  });

  test("also one that minds an empty list, not one that does not know our key or never answers", async () => {
    const { engine, breaker, round } = await lost();
    for (const behaviour of [{ status: 401 }, { status: 500 }, "hang"] as const) {
      engine.behave(behaviour);
      await go(round, 2);
      expect(breaker.state(services.clock())).not.toBe("closed");
    }
    engine.behave({ status: 400 });
    await go(round, 2);
    expect(breaker.state(services.clock())).toBe("closed");
  });

  test("asks no more often than the breaker allows", async () => {
    const { engine, round } = await lost();
    for (let second = 0; second < 20; second++) {
      await round();
      services.pass(1);
    }
    expect(engine.asked.length).toBeLessThanOrEqual(4);
    expect(engine.asked.length).toBeGreaterThan(1);
  });
});

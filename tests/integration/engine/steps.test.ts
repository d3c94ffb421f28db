import { NonRetriableError } from "inngest";
import { expect, test } from "vitest";
import { until } from "./support/until.ts";
import { World } from "./support/world.ts";

test("a step that has succeeded is not executed again when later ones are", async () => {
  const executed: string[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "serial", triggers: [{ event: "t/serial" }] }, async ({ step }) => {
      const one = await step.run("one", () => executed.push("one"));
      const two = await step.run("two", () => executed.push("two"));
      return { one, two, three: await step.run("three", () => executed.push("three")) };
    }),
  ]);
  const run = await world.ended(await world.send("t/serial"));
  expect(executed).toEqual(["one", "two", "three"]);
  expect(run).toMatchObject({ status: "Completed", output: { one: 1, two: 2, three: 3 } });
});

test("a sleep ends exactly when it should, and not a millisecond before", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "nap", triggers: [{ event: "t/nap" }] }, async ({ step }) => {
      await step.sleep("nap", "3d");
      return "awake";
    }),
  ]);
  const eventId = await world.send("t/nap");
  const waiting = await world.waiting(eventId);
  const dueMs = Date.parse(waiting.next_at ?? "");
  const { steps } = await world.trace(waiting.run_id);
  const startedMs = Date.parse(steps[0]?.startedAt ?? "");
  expect(dueMs - startedMs).toBeGreaterThanOrEqual(3 * 86_400_000);
  expect(dueMs - startedMs).toBeLessThan(3 * 86_400_000 + 1_000);

  await world.advance(waiting.inMs - 2_000);
  expect((await world.run(waiting.run_id)).status).toBe("Running");
  await world.advance(2_000);
  const run = await world.ended(eventId);
  expect(run.output).toBe("awake");
  expect(Date.parse(run.ended_at ?? "")).toBeGreaterThanOrEqual(dueMs);
});

test("sleepUntil names a real instant, also after the clock was moved", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "until", triggers: [{ event: "t/until" }] }, async ({ step }) => {
      await step.sleepUntil("later", new Date(Date.now() + 60_000));
    }),
  ]);
  await world.advance(3_600_000);
  const { inMs } = await world.waiting(await world.send("t/until"));
  expect(inMs).toBeGreaterThan(58_000);
  expect(inMs).toBeLessThanOrEqual(60_000);
});

test("parallel steps run beside each other, each once, and the code goes on when all are done", async () => {
  const executed: string[] = [];
  let together = 0;
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "parallel", triggers: [{ event: "t/parallel" }] }, async ({ step }) => {
      const meet = async (name: string) => {
        executed.push(name);
        together++;
        await until("the others have started too", () => together === 3);
        return name;
      };
      const results = await Promise.all([
        step.run("a", () => meet("a")),
        step.run("b", () => meet("b")),
        step.run("c", () => meet("c")),
        step.sleep("nap", "1s"),
      ]);
      return [results, await step.run("after", () => executed.push("after"))];
    }),
  ]);
  const run = await world.ended(await world.send("t/parallel"));
  expect(run.output).toEqual([["a", "b", "c", null], 4]);
  expect([...executed].sort()).toEqual(["a", "after", "b", "c"]);
});

test("a parallel step that fails is retried alone, while the others keep their results", async () => {
  const executed: string[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "mixed", triggers: [{ event: "t/mixed" }] }, async ({ step, attempt }) => {
      return await Promise.all([
        step.run("good", () => executed.push("good")),
        step.run("bad", () => {
          executed.push("bad");
          if (attempt === 0) throw new Error("not yet");
          return "recovered";
        }),
      ]);
    }),
  ]);
  const run = await world.playOut(await world.send("t/mixed"));
  expect(run.status).toBe("Completed");
  expect([...executed].sort()).toEqual(["bad", "bad", "good"]);
});

test("in a race the function goes on with the first and does not run the planned steps twice", async () => {
  const executed: string[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "race", triggers: [{ event: "t/race" }] }, async ({ step, group }) => {
      const winner = await group.parallel(async () =>
        Promise.race([
          step.run("quick", () => {
            executed.push("quick");
            return "quick";
          }),
          step.waitForEvent("never", { event: "t/never", timeout: "1h" }).then(() => "never"),
        ]),
      );
      await step.run("after", () => executed.push("after"));
      return winner;
    }),
  ]);
  const eventId = await world.send("t/race");
  await until("the code after the race has run", () => executed.includes("after"));
  // The SDK lets a run end only when the losers have ended too.
  const run = await world.playOut(eventId);
  expect(run).toMatchObject({ status: "Completed", output: "quick" });
  expect(executed).toEqual(["quick", "after"]);
});

test("waitForEvent takes the event that matches and leaves the others", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "wait", triggers: [{ event: "t/wait" }] }, async ({ step }) => {
      const reply = await step.waitForEvent("reply", { event: "t/reply", timeout: "1h", match: "data.key" });
      return reply?.data;
    }),
  ]);
  const eventId = await world.send("t/wait", { key: "k1" });
  await world.waiting(eventId);
  await world.send("t/reply", { key: "other", n: 1 });
  await world.send("t/other", { key: "k1", n: 2 });
  await world.send("t/reply", { key: "k1", n: 3 });
  expect((await world.ended(eventId)).output).toEqual({ key: "k1", n: 3 });
});

test("waitForEvent answers null when its time is over", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "wait", triggers: [{ event: "t/wait" }] }, async ({ step }) => {
      return { reply: await step.waitForEvent("reply", { event: "t/reply", timeout: "2h" }) };
    }),
  ]);
  const eventId = await world.send("t/wait");
  await world.waiting(eventId);
  await world.advance(2 * 3_600_000);
  expect((await world.ended(eventId)).output).toEqual({ reply: null });
});

test("invoke hands over data and gets the result, or the error", async () => {
  const world = await World.start((inngest) => {
    const child = inngest.createFunction({ id: "child", triggers: [], retries: 0 }, async ({ event }) => {
      const { n } = event.data as unknown as { n: number };
      if (n < 0) throw new NonRetriableError("negative");
      return { doubled: n * 2 };
    });
    return [
      child,
      inngest.createFunction({ id: "parent", triggers: [{ event: "t/parent" }] }, async ({ step }) => {
        const good = await step.invoke("good", { function: child, data: { n: 5 } });
        const bad = await step
          .invoke("bad", { function: child, data: { n: -1 } })
          .catch((error: Error) => error.message);
        return { good, bad };
      }),
    ];
  });
  const run = await world.ended(await world.send("t/parent"));
  expect(run.output).toEqual({ good: { doubled: 10 }, bad: "negative" });
});

test("invoking a function that the app does not have fails the step, not the engine", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "parent", triggers: [{ event: "t/parent" }] }, async ({ step }) => {
      const { referenceFunction } = await import("inngest");
      return await step
        .invoke("gone", { function: referenceFunction({ functionId: "gone" }) })
        .catch((error: Error) => error.message);
    }),
  ]);
  const run = await world.ended(await world.send("t/parent"));
  expect(run.output).toContain("could not find function with ID: app-gone");
});

test("an event sent from a step starts the functions that listen to it", async () => {
  const heard: unknown[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "speaker", triggers: [{ event: "t/speak" }] }, async ({ step }) => {
      await step.sendEvent("say", { name: "t/said", data: { words: "naïve 日本 \u0000 end" } });
    }),
    inngest.createFunction({ id: "listener", triggers: [{ event: "t/said" }] }, async ({ event }) => {
      heard.push(event.data.words);
    }),
  ]);
  await world.ended(await world.send("t/speak"));
  await until("the listener has run", () => heard.length === 1);
  expect(heard).toEqual(["naïve 日本 \u0000 end"]);
});

test("a state too large for one request is fetched by the app, and nothing is lost", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "large", triggers: [{ event: "t/large" }] }, async ({ step }) => {
      const a = await step.run("a", () => "a".repeat(2_500_000));
      const b = await step.run("b", () => "b".repeat(2_500_000));
      return a.length + b.length;
    }),
  ]);
  expect((await world.ended(await world.send("t/large"))).output).toBe(5_000_000);
});

test("what the engine cannot do in a run fails it with a sentence", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "signal", triggers: [{ event: "t/signal" }], retries: 0 },
      async ({ step }) => {
        await step.waitForSignal("s", { signal: "x", timeout: "1h" });
      },
    ),
  ]);
  const run = await world.ended(await world.send("t/signal"));
  expect(run.status).toBe("Failed");
  expect(run.output).toMatchObject({ name: "UnsupportedByLocalEngine" });
  expect(JSON.stringify(run.output)).toContain("step.waitForSignal");
});

import { NonRetriableError, RetryAfterError } from "inngest";
import { expect, test } from "vitest";
import { until } from "./support/until.ts";
import { type RunView, type Trace, World } from "./support/world.ts";

type AttemptView = Trace["attempts"][number];

/** Plays a run to its end; answers the attempts of its only step that failed. */
async function playAttempts(
  world: World,
  eventId: string,
): Promise<{ run: RunView; attempts: AttemptView[] }> {
  const run = await world.playOut(eventId);
  const trace = await world.trace(run.run_id);
  const step = trace.steps.find((one) => one.attempts.length > 1);
  return { run, attempts: step?.attempts ?? trace.attempts };
}

/**
 * Each next attempt is set to exactly so long after the one before (which took a moment itself), and comes
 * not before its time. Engine time throughout.
 */
function expectWaits(attempts: readonly AttemptView[], expectedSeconds: readonly number[]): void {
  const planned = attempts.filter((attempt) => attempt.retry_at_ms !== undefined);
  expect(planned).toHaveLength(expectedSeconds.length);
  for (const [index, attempt] of planned.entries()) {
    const expectedMs = (expectedSeconds[index] ?? 0) * 1_000;
    const retryAtMs = attempt.retry_at_ms ?? 0;
    expect(retryAtMs - attempt.started_at_ms).toBeGreaterThanOrEqual(expectedMs);
    expect(retryAtMs - attempt.ended_at_ms).toBeLessThan(expectedMs + 500);
    const next = attempts[index + 1];
    if (next) expect(next.started_at_ms).toBeGreaterThanOrEqual(retryAtMs);
  }
}

test("without a word from the app the waits are the server's own: 15, 30, 60, 120 s …", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "fails", triggers: [{ event: "t/fails" }], retries: 6 },
      async ({ step }) => {
        await step.run("fail", () => {
          throw new Error("always");
        });
      },
    ),
  ]);
  const { run, attempts } = await playAttempts(world, await world.send("t/fails"));
  expect(run.status).toBe("Failed");
  expectWaits(attempts, [15, 30, 60, 120, 300, 600]);
});

test("a function that does not say has five attempts", async () => {
  const attempts: number[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "fails", triggers: [{ event: "t/fails" }] }, async ({ attempt }) => {
      attempts.push(attempt);
      throw new Error("always");
    }),
  ]);
  const run = await world.playOut(await world.send("t/fails"));
  expect(run.status).toBe("Failed");
  expect(attempts).toEqual([0, 1, 2, 3, 4]);
});

test("the 31 minutes of our retries (60, 120, 240, 480, 900 s, as dates) pass exactly, in moments", async () => {
  const schedule = [60, 120, 240, 480, 900];
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "story", triggers: [{ event: "t/story" }], retries: 5 },
      async ({ step, attempt }) => {
        await step.sleep("settle", "2s");
        return await step.run("send", () => {
          const seconds = schedule[attempt];
          if (seconds === undefined) return "sent at last";
          throw new RetryAfterError("try later", new Date(Date.now() + seconds * 1000));
        });
      },
    ),
  ]);
  // The clock has been moved before: a date is still "so far from now".
  await world.advance(12 * 3_600_000);
  const { run, attempts } = await playAttempts(world, await world.send("t/story"));
  expect(run).toMatchObject({ status: "Completed", output: "sent at last" });
  expectWaits(attempts, schedule);
});

test("RetryAfterError in seconds is exact, never early", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "later", triggers: [{ event: "t/later" }] }, async ({ step, attempt }) => {
      await step.run("try", () => {
        if (attempt === 0) throw new RetryAfterError("in a while", "90s");
      });
    }),
  ]);
  const { run, attempts } = await playAttempts(world, await world.send("t/later"));
  expect(run.status).toBe("Completed");
  expectWaits(attempts, [90]);
});

test("a wait longer than a day is a day, and none is shorter than a second", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "later", triggers: [{ event: "t/later" }] }, async ({ attempt }) => {
      if (attempt === 0) throw new RetryAfterError("in a week", new Date(Date.now() + 7 * 86_400_000));
      if (attempt === 1) throw new RetryAfterError("yesterday", new Date(Date.now() - 86_400_000));
    }),
  ]);
  const { run, attempts } = await playAttempts(world, await world.send("t/later"));
  expect(run.status).toBe("Completed");
  expectWaits(attempts, [86_400, 1]);
});

test("attempts count per step, and start anew after a step has succeeded", async () => {
  const seen: [string, number][] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "two", triggers: [{ event: "t/two" }], retries: 2 },
      async ({ step, attempt }) => {
        for (const name of ["first", "second"]) {
          await step.run(name, () => {
            seen.push([name, attempt]);
            if (attempt < 2) throw new Error("not yet");
          });
        }
      },
    ),
  ]);
  const run = await world.playOut(await world.send("t/two"));
  expect(run.status).toBe("Completed");
  expect(seen).toEqual([
    ["first", 0],
    ["first", 1],
    ["first", 2],
    ["second", 0],
    ["second", 1],
    ["second", 2],
  ]);
});

test("the function may catch a step that has failed for good", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "catch", triggers: [{ event: "t/catch" }], retries: 0 },
      async ({ step }) => {
        return await step
          .run("fail", () => {
            throw new Error("gone");
          })
          .catch((error: Error) => `caught: ${error.message}`);
      },
    ),
  ]);
  expect((await world.ended(await world.send("t/catch"))).output).toBe("caught: gone");
});

test("NonRetriableError ends the run at once, and onFailure hears of it, once", async () => {
  const failures: { message: string; runId: string; original: unknown }[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction(
      {
        id: "stops",
        triggers: [{ event: "t/stops" }],
        onFailure: async ({ error, event }) => {
          failures.push({
            message: error.message,
            runId: event.data.run_id,
            original: event.data.event.data,
          });
        },
      },
      async ({ step }) => {
        await step.run("stop", () => {
          throw new NonRetriableError("no such mailbox");
        });
      },
    ),
  ]);
  const run = await world.ended(await world.send("t/stops", { n: 7 }));
  expect(run.status).toBe("Failed");
  expect(run.output).toMatchObject({ name: "NonRetriableError", message: "no such mailbox" });
  await until("onFailure has run", () => failures.length > 0);
  expect(failures).toEqual([{ message: "no such mailbox", runId: run.run_id, original: { n: 7 } }]);
  const failed = await world.api<{ data: { id: string; data: { run_id: string } }[] }>(
    "/v1/events?name=inngest/function.failed",
  );
  expect(failed.data.map((event) => event.data.run_id)).toEqual([run.run_id]);
});

test("onFailure that fails itself does not call itself again", async () => {
  let calls = 0;
  const world = await World.start((inngest) => [
    inngest.createFunction(
      {
        id: "stops",
        triggers: [{ event: "t/stops" }],
        retries: 0,
        onFailure: async () => {
          calls++;
          throw new NonRetriableError("this too");
        },
      },
      async () => {
        throw new Error("first");
      },
    ),
  ]);
  await world.ended(await world.send("t/stops"));
  const runs = () =>
    world.api<{ data: { status: string; function: { id: string } }[] }>("/v2/runs?status=FAILED");
  await until("both runs have failed", async () => (await runs()).data.length === 2);
  expect(calls).toBe(1);
  expect((await runs()).data.map((run) => run.function.id).sort()).toEqual([
    "app-stops",
    "app-stops-failure",
  ]);
});

test("an app that cannot be reached costs an attempt, and the run goes on when it is back", async () => {
  let executed = 0;
  const functions = (inngest: World["inngest"]) => [
    inngest.createFunction({ id: "back", triggers: [{ event: "t/back" }] }, async ({ attempt }) => {
      executed++;
      return attempt;
    }),
  ];
  const world = await World.start(functions);
  const working = world.app.handler;
  world.app.handler = (request) => request.socket.destroy();
  const eventId = await world.send("t/back");
  const waiting = await world.waiting(eventId);
  expect(waiting.inMs).toBeGreaterThan(13_000);
  expect(waiting.inMs).toBeLessThanOrEqual(15_000);
  world.app.handler = working;
  const run = await world.playOut(eventId);
  expect(run).toMatchObject({ status: "Completed", output: 1 });
  expect(executed).toBe(1);
  const { attempts } = await world.trace(run.run_id);
  expect(attempts[0]?.error).toMatchObject({ name: "Unreachable" });
});

test("an answer that is not the SDK's is an error, even with status 200", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "page", triggers: [{ event: "t/page" }], retries: 1 }, async () => "real"),
  ]);
  const working = world.app.handler;
  world.app.handler = (_request, response) => response.end("<html>It works!</html>");
  const eventId = await world.send("t/page");
  const waiting = await world.waiting(eventId);
  const { attempts } = await world.trace(waiting.run_id);
  expect(attempts[0]?.error).toMatchObject({ name: "NotInngest" });
  expect(attempts[0]?.error?.message).toContain("It works!");
  world.app.handler = working;
  expect((await world.playOut(eventId)).output).toBe("real");
});

import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { page, submit, submitted } from "./support/page.ts";
import { until } from "./support/until.ts";
import { type Functions, World } from "./support/world.ts";

const functions: Functions = (inngest) => [
  inngest.createFunction(
    { id: "story", name: "Story", triggers: [{ event: "t/story" }], idempotency: "event.data.key" },
    async ({ event, step }) => {
      await step.sleep("settle", "1h");
      return await step.run("echo", () => event.data);
    },
  ),
];

test("no form does anything for another site's page", async () => {
  const world = await World.start(functions);
  const { run_id: runId } = await world.waiting(await world.send("t/story"));
  const forms: [string, Record<string, string>][] = [
    [`/runs/${runId}/cancel`, {}],
    [`/runs/${runId}/rerun`, {}],
    ["/events/send", { event: JSON.stringify({ name: "t/story", data: {} }) }],
    ["/functions/app-story/invoke", { payload: JSON.stringify({ data: {} }) }],
    ["/app/sync", {}],
    ["/clock", { advance: "60s" }],
  ];
  const asked = async () => (await world.api<{ data: unknown[] }>("/v2/runs")).data.length;
  for (const [path, form] of forms) {
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1"]) {
      const foreign = await fetch(`${world.engine.url}${path}`, {
        method: "POST",
        body: new URLSearchParams(form),
        headers: { origin },
      });
      expect([path, origin, foreign.status]).toEqual([path, origin, 403]);
    }
  }
  expect([(await world.run(runId)).status, await asked()]).toEqual(["Running", 1]);
  expect(world.engine.clock.offsetMs()).toBe(0);
});

test("a run is cancelled, and run again with the same event", async () => {
  const world = await World.start(functions);
  const eventId = await world.send("t/story", { key: "k" });
  const { run_id: runId } = await world.waiting(eventId);
  expect(await submitted(world, `/runs/${runId}/cancel`)).toBe(runId);
  expect((await world.run(runId)).status).toBe("Cancelled");
  expect(await page(world, `/runs/${runId}`)).not.toContain('id="cancel"');
  const again = await submitted(world, `/runs/${runId}/rerun`);
  expect(again).not.toBe(runId);
  expect((await world.run(again)).event_id).toBe(eventId);
  expect(await page(world, `/runs/${again}`)).toContain(`href="/runs/${runId}"`);
  expect((await submit(world, "/runs/unknown/cancel")).status).toBe(404);
  expect((await submit(world, "/runs/unknown/rerun")).status).toBe(404);
});

test("a run goes again from one of its steps, with what it had before", async () => {
  const made: string[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "chain", triggers: [{ event: "t/chain" }] }, async ({ step }) => {
      const results: string[] = [];
      for (const name of ["one", "two", "three"])
        results.push(
          await step.run(name, () => {
            made.push(name);
            return `${name} ${made.length}`;
          }),
        );
      return results;
    }),
  ]);
  const { run_id: runId } = await world.ended(await world.send("t/chain"));
  expect(made).toEqual(["one", "two", "three"]);
  const form = /name="from" value="(\w+)"><button type="submit" id="rerun-\1"/g;
  const [, two = ""] = [...(await page(world, `/runs/${runId}`)).matchAll(form)].map(([, id]) => id);
  const again = await submitted(world, `/runs/${runId}/rerun`, { from: two });
  const run = await until("it has ended", async () => {
    const found = await world.run(again);
    return found.status === "Completed" ? found : null;
  });
  expect(made).toEqual(["one", "two", "three", "two", "three"]);
  expect(run.output).toEqual(["one 1", "two 4", "three 5"]);
  const text = await page(world, `/runs/${again}`);
  expect(text.match(/taken over/g)).toHaveLength(1);
  const odd = await submit(world, `/runs/${runId}/rerun`, { from: "no such step" });
  expect([odd.status, (await odd.text()).includes("no such step")]).toEqual([409, true]);
});

test("a step runs again with another input, alone and beside others, at its first try and at later ones", async () => {
  const seen: string[] = [];
  const failing = new Set<string>();
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "given", triggers: [{ event: "t/given" }] }, async ({ step }) => {
      const work = (name: string, value: number) =>
        step.run(
          name,
          (given: number) => {
            seen.push(`${name} ${given}`);
            if (failing.delete(name)) throw new Error("not yet");
            return given * 2;
          },
          value,
        );
      const alone = await work("alone", 1);
      const both = await Promise.all([work("left", 10), work("right", 20)]);
      return [alone, ...both];
    }),
  ]);
  const { run_id: runId } = await world.ended(await world.send("t/given"));
  const text = await page(world, `/runs/${runId}`);
  const idOf = (name: string) =>
    new RegExp(`id="step-(\\w+)"><summary[^>]*><span class="what"><span class="name">${name}<`).exec(
      text,
    )?.[1] ?? "";
  const again = async (name: string, input: string): Promise<unknown> => {
    const form = { from: idOf(name), input };
    const id = await submitted(world, `/runs/${runId}/rerun`, form);
    const run = await until("it has ended", async () => {
      const found = await world.run(id);
      if (found.status !== "Running") return found;
      await world.api("/dev/clock", { method: "POST", body: '{"advance_to_next":true}' });
      return null;
    });
    return run.output;
  };
  seen.length = 0;
  failing.add("alone");
  expect(await again("alone", "[7]")).toEqual([14, 20, 40]);
  expect(seen.slice(0, 2)).toEqual(["alone 7", "alone 7"]);
  seen.length = 0;
  failing.add("right");
  expect(await again("right", "[ 30 ]")).toEqual([2, 20, 60]);
  expect(seen.filter((one) => one.startsWith("right"))).toEqual(["right 30", "right 30"]);
  for (const input of ["{}", "[", ""]) {
    const odd = await submit(world, `/runs/${runId}/rerun`, { from: idOf("alone"), input });
    expect([input, odd.status, (await odd.text()).includes("JSON list")]).toEqual([input, 400, true]);
  }
});

test("another input is refused for a step that takes none, such as a sleep", async () => {
  const world = await World.start(functions);
  const { run_id: runId } = await world.waiting(await world.send("t/story"));
  const from = createHash("sha1").update("settle").digest("hex");
  const refused = await submit(world, `/runs/${runId}/rerun`, { from, input: "[1]" });
  expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining("given no input")]);
});

test("an event is sent from the page, and starts what it starts", async () => {
  const world = await World.start(functions);
  const one = { name: "t/story", data: { key: "a", text: "ü & <b>" }, user: { id: 7 } };
  const eventId = await submitted(world, "/events/send", { event: JSON.stringify(one) });
  const { run_id: runId } = await world.waiting(eventId);
  expect(await page(world, `/events/${eventId}`)).toContain(`href="/runs/${runId}"`);
  expect((await world.playOut(eventId)).output).toEqual(one.data);

  const draft = await page(world, `/events/send?event=${eventId}`);
  expect(draft).toContain("&quot;text&quot;: &quot;ü &amp; &lt;b&gt;&quot;");
  expect(draft).not.toContain("&quot;ts&quot;");
  const many = await submit(world, "/events/send", { event: JSON.stringify([one, { name: "t/x" }]) });
  expect([many.status, many.headers.get("location")]).toEqual([303, "/events"]);
});

test("what cannot be sent is refused in words, and what was typed stays", async () => {
  const world = await World.start(functions);
  const cases: [string, string][] = [
    ["", "This is not JSON."],
    ['{ "name": "t/story",\n  "data": {],\n}', "line 2, column 12"],
    ['"t/story"', "event 0: "],
    ["{}", "event 0: name: "],
    ['{ "name": "" }', "event name is empty"],
    ['{ "name": "t/story", "data": [] }', "event 0: data: "],
    ['{ "name": "t/story", "ts": "soon" }', "event 0: ts: "],
    ['{ "name": "inngest/function.failed", "data": {} }', "reserved for internal use"],
    ['[{ "name": "t/story" }, { "data": {} }]', "event 1: name: "],
    ["[]", "The list is empty."],
  ];
  for (const [event, reason] of cases) {
    const response = await submit(world, "/events/send", { event });
    const text = (await response.text()).replaceAll("&quot;", '"');
    expect([event, response.status]).toEqual([event, 400]);
    expect(text).toContain(reason);
    expect(text).toContain(`aria-invalid="true">\n${event.split("\n")[0]}`);
  }
  // All of a list or nothing.
  expect((await world.api<{ data: unknown[] }>("/v1/events")).data).toEqual([]);
});

test("a function is invoked with data of its own, whatever its triggers and its idempotency are", async () => {
  const world = await World.start(functions);
  const payload = JSON.stringify({ data: { key: "same" } });
  for (let i = 0; i < 2; i++) {
    const runId = await submitted(world, "/functions/app-story/invoke", { payload });
    const run = await world.run(runId);
    expect([run.function_slug, run.status]).toEqual(["app-story", "Running"]);
    const { name, data } = (
      await world.api<{ data: { name: string; data: object } }>(`/v1/events/${run.event_id}`)
    ).data;
    expect([name, data]).toEqual([
      "inngest/function.invoked",
      { key: "same", _inngest: { fn_id: "app-story" } },
    ]);
    expect((await world.playOut(run.event_id)).status).toBe("Completed");
    expect(await page(world, "/functions/app-story")).toContain(`href="/runs/${runId}"`);
  }
  for (const [bad, reason] of [
    ["{", "This is not JSON."],
    ["[]", 'Write { "data": { … } }, an object.'],
    ['{ "data": 1 }', "data: "],
    ['{ "dta": {} }', "dta"],
  ] as const) {
    const refused = await submit(world, "/functions/app-story/invoke", { payload: bad });
    expect([bad, refused.status]).toEqual([bad, 400]);
    expect((await refused.text()).replaceAll("&quot;", '"')).toContain(reason);
  }
  expect((await submit(world, "/functions/app-none/invoke", { payload })).status).toBe(404);
  world.serve((inngest) => [inngest.createFunction({ id: "other", triggers: [] }, () => null)]);
  await submit(world, "/app/sync");
  expect((await submit(world, "/functions/app-story/invoke", { payload })).status).toBe(409);
});

test("the app's state says how and when it was synced, and why it was not; the button asks at once", async () => {
  const world = await World.start(functions);
  const well = await page(world, "/app");
  for (const part of ["App connected", "in-band", "js:v", `http://127.0.0.1:${world.app.port}/api/inngest`])
    expect(well).toContain(part);
  world.serve((inngest) => [
    inngest.createFunction(
      { id: "throttled", triggers: [], throttle: { limit: 1, period: "1s" } },
      () => null,
    ),
  ]);
  expect((await submit(world, "/app/sync")).headers.get("location")).toBe("/app");
  const refused = await page(world, "/app");
  expect(refused).toContain("App refused");
  expect(refused).toContain("option &quot;throttle&quot; is not supported by the local engine");
  world.serve(functions);
  await submit(world, "/app/sync");
  expect(await page(world, "/app")).toContain("App connected");
  await world.app.close();
  await submit(world, "/app/sync");
  expect(await page(world, "/app")).toContain("App not reachable");
});

test("the clock is moved by a form, and nonsense is refused in words", async () => {
  const world = await World.start(functions);
  await world.waiting(await world.send("t/story"));
  expect(await page(world, "/")).toContain("real time");
  expect((await submit(world, "/clock", { advance: "90s" })).status).toBe(303);
  expect(world.engine.clock.offsetMs()).toBe(90_000);
  expect(await page(world, "/")).toContain("1 min 30 s ahead of real time");
  const bad = await submit(world, "/clock", { advance: "soon" });
  expect([bad.status, (await bad.text()).includes("Not a duration")]).toEqual([400, true]);
  await submit(world, "/clock", { next: "1" });
  expect(world.engine.clock.offsetMs()).toBeGreaterThan(3_500_000);
});

test("an engine whose clock may not be moved shows no form for it, and has none", async () => {
  const world = await World.start(functions, { hasClockApi: false });
  expect(await page(world, "/")).not.toContain('action="/clock"');
  expect((await submit(world, "/clock", { advance: "60s" })).status).toBe(404);
  expect(world.engine.clock.offsetMs()).toBe(0);
});

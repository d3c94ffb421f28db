import { expect, test } from "vitest";
import { listed, page } from "./support/page.ts";
import { until } from "./support/until.ts";
import { type Functions, World } from "./support/world.ts";

const functions: Functions = (inngest) => [
  inngest.createFunction(
    { id: "story", name: "The <b>story</b>", triggers: [{ event: "t/story" }], retries: 1 },
    async ({ event, step, attempt }) => {
      await step.sleep("settle <in>", "1h");
      return await step.run("send & receive", () => {
        if (attempt === 0) throw new Error('not "yet" <script>alert(1)</script>');
        return event.data;
      });
    },
  ),
];

test("the pages tell what happened to a run, step by step, with attempts, errors and outputs", async () => {
  const world = await World.start(functions);
  const eventId = await world.send("t/story", { text: "<img src=x onerror=alert(1)>" }, { id: "outbox-1" });
  const { run_id: runId } = await world.waiting(eventId);
  const asleep = await page(world, `/runs/${runId}`);
  expect(asleep).toMatch(/Sleeps, <span data-until="\d+">in /);
  expect(asleep).toMatch(/Sleeps until<\/dt><dd><time/);
  expect(asleep).toContain("settle &lt;in&gt;");
  await world.playOut(eventId);
  const ended = await page(world, `/runs/${runId}`);
  for (const text of [
    "The &lt;b&gt;story&lt;/b&gt;",
    "Completed",
    "Slept",
    "send &amp; receive",
    "2 attempts",
    "1 h asleep",
    "failed, to be tried again",
    "not &quot;yet&quot; &lt;script&gt;",
    "&lt;img src=x onerror=alert(1)&gt;",
  ]) {
    expect(ended).toContain(text);
  }
  const overview = await page(world, "/");
  expect(overview).toContain("App connected");
  expect(overview).toContain(`href="/runs/${runId}"`);
  expect(await page(world, "/events")).toContain("outbox-1");
  expect(await page(world, `/events/${eventId}`)).toContain(runId);
  expect(await page(world, "/functions")).toContain("t/story");
});

test("no text of an event, a function or an error becomes markup on any page", async () => {
  const world = await World.start(functions);
  const eventId = await world.send("t/story", { text: "<script>alert(2)</script>" }, { id: "<i>id</i>" });
  await world.inngest.send({ name: "t/<u>name</u>", data: {} });
  const run = await world.playOut(eventId);
  const paths = [
    "/",
    "/app",
    "/events/send",
    "/runs",
    "/events",
    "/functions",
    "/functions/app-story",
    `/runs/${run.run_id}`,
    `/events/${eventId}`,
  ];
  for (const path of [...paths, "/events?name=<u>x</u>", "/runs?function=<u>x</u>"]) {
    const text = await page(world, path);
    // The page's own script tag has attributes, and its only bold text are words of its own.
    expect([path, text.match(/<(i|u|img|script)>|<b>story/)]).toEqual([path, null]);
  }
});

test("the list of runs is narrowed by status, function, time and search, and goes on page by page", async () => {
  const world = await World.start((inngest) => [
    ...functions(inngest),
    inngest.createFunction({ id: "quick", triggers: [{ event: "t/quick" }] }, () => "done"),
  ]);
  const waiting = (await world.waiting(await world.send("t/story", {}, { id: "outbox-7" }))).run_id;
  const firstAt = new Date(world.engine.clock.now()).toISOString().slice(0, -1);
  await world.advance(50 * 60 * 1000);
  const quick: string[] = [];
  const events: string[] = [];
  for (let i = 0; i < 3; i++) {
    events.push(await world.send("t/quick"));
    quick.unshift((await world.ended(events.at(-1) ?? "")).run_id);
  }
  const all = [...quick, waiting];
  expect(await listed(world, "/runs")).toEqual(all);
  expect(await listed(world, "/runs?status=Completed")).toEqual(quick);
  expect(await listed(world, "/runs?status=Completed&status=Running")).toEqual(all);
  expect(await listed(world, "/runs?status=Failed")).toEqual([]);
  expect(await listed(world, "/runs?function=app-story")).toEqual([waiting]);
  expect(await listed(world, "/runs?within=5m")).toEqual(quick);
  expect(await listed(world, "/runs?within=1h")).toEqual(all);
  expect(await listed(world, `/runs?from=${firstAt}`)).toEqual(quick);
  expect(await listed(world, `/runs?until=${firstAt}`)).toEqual([waiting]);
  expect(await listed(world, `/runs?q=${waiting.toLowerCase()}`)).toEqual([waiting]);
  expect(await listed(world, `/runs?q=${events[1]}`)).toEqual([quick[1]]);
  expect(await listed(world, "/runs?q=outbox-7")).toEqual([waiting]);
  expect(await listed(world, "/runs?q=t/quick")).toEqual(quick);
  expect(await listed(world, "/runs?q=t/quick&status=Running")).toEqual([]);
  expect(await page(world, "/runs?q=nothing")).toContain("No run is like that.");

  const expression = (text: string) => `/runs?q=${encodeURIComponent(text)}`;
  expect(await listed(world, expression('event.name == "t/quick"'))).toEqual(quick);
  expect(await listed(world, expression('event.id == "outbox-7" && output == null'))).toEqual([waiting]);
  expect(await listed(world, expression('output == "done"'))).toEqual(quick);
  expect(await listed(world, expression("has(event.data) && !event.data.no"))).toEqual([]);
  expect(await listed(world, expression("has(event.data)"))).toEqual(all);
  expect(await listed(world, expression('output.no.such > 3 || event.name == "t/story"'))).toEqual([waiting]);
  const odd = await fetch(`${world.engine.url}${expression('output == "done')}`);
  expect([odd.status, (await odd.text()).includes("This is not an expression.")]).toEqual([400, true]);
  for (const text of ["1 + 1", "event.data.n + 1"]) {
    const refused = await fetch(`${world.engine.url}${expression(text)}`);
    expect([text, refused.status]).toEqual([text, 400]);
    expect(await refused.text()).toContain("This is no condition");
  }
  const two = `${expression('output == "done"')}&limit=2`;
  expect(await listed(world, two)).toEqual(quick.slice(0, 2));
  expect(await listed(world, `${two}&cursor=${quick[1]}`)).toEqual(quick.slice(2));

  const first = await page(world, "/runs?status=Completed&limit=2");
  const older = /href="([^"]+)" id="older"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
  expect(await listed(world, "/runs?status=Completed&limit=2")).toEqual(quick.slice(0, 2));
  expect(await listed(world, older)).toEqual(quick.slice(2));
  expect(await page(world, older)).toContain('id="newest"');
});

test("what of a filter could not be read is told, and the list is not narrowed by it", async () => {
  const world = await World.start(functions);
  const { run_id: runId } = await world.waiting(await world.send("t/story"));
  const leftOut = async (path: string) =>
    /Left out, because it could not be read: ([^.]+)\./.exec(await page(world, path))?.[1];
  for (const [path, names] of [
    ["/runs?status=bogus", "Status"],
    ["/runs?status=Running&status=bogus", "Status"],
    ["/runs?within=bogus", "Queued"],
    ["/runs?from=garbage", "From"],
    ["/runs?from=2020-02-31T10:00&until=2999-01-01", "From, Until"],
    ["/runs?status=&within=&from=&until=&q=", undefined],
    ["/runs?status=Running&within=1h&from=2020-02-29T10:00", undefined],
  ] as const) {
    expect([path, await leftOut(path)]).toEqual([path, names]);
    expect([path, await listed(world, path)]).toEqual([path, [runId]]);
  }
  expect(await leftOut("/events?within=bogus")).toBe("Received");
  expect(await leftOut("/events?within=1h")).toBeUndefined();
});

test("events are listed with their payload and the runs they began, and found by name or id", async () => {
  const world = await World.start(functions);
  const started = await world.send("t/story", { colour: "teal" }, { id: "outbox-9" });
  const { run_id: runId } = await world.waiting(started);
  const idle = await world.send("t/nobody");
  const text = await page(world, "/events");
  expect(text).toContain("&quot;colour&quot;: &quot;teal&quot;");
  expect(text).toContain(`href="/runs/${runId}"`);
  expect(text).toContain("started nothing");
  expect(await listed(world, "/events", "event")).toEqual([idle, started]);
  expect(await listed(world, "/events?q=t/nobody", "event")).toEqual([idle]);
  expect(await listed(world, "/events?within=5m", "event")).toEqual([idle, started]);
  expect(await listed(world, `/events?q=${started.toLowerCase()}`, "event")).toEqual([started]);
  expect(await listed(world, "/events?q=outbox-9", "event")).toEqual([started]);
  expect(await page(world, `/events/${idle}`)).toContain("no function has a trigger that it matches");
  await world.advance(10 * 60 * 1000);
  const again = await world.send("t/story", {}, { id: "outbox-9" });
  expect(await listed(world, "/events?within=5m", "event")).toEqual([again]);
  expect(await page(world, `/events/${again}`)).toContain(
    `<a href="/events/${started}">an event with the same id`,
  );
});

test("functions show triggers, the next time of a cron, retries and options", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction(
      {
        id: "nightly",
        name: "Nightly",
        triggers: [{ cron: "0 3 * * *" }, { event: "t/now", if: "event.data.ok" }],
        retries: 2,
        concurrency: { limit: 4, key: "event.data.shop" },
        cancelOn: [{ event: "t/stop" }],
      },
      () => null,
    ),
  ]);
  for (const path of ["/functions", "/functions/app-nightly"]) {
    const text = await page(world, path);
    for (const part of [
      "Nightly",
      "0 3 * * *",
      /next <time datetime="[^"]+T03:00:00.000Z"/,
      "if event.data.ok",
      "concurrency 4 by event.data.shop",
      "cancelled by t/stop",
    ])
      expect(text).toEqual(
        part instanceof RegExp ? expect.stringMatching(part) : expect.stringContaining(part),
      );
  }
  expect(await page(world, "/functions")).toMatch(/<td class="num">2<\/td>/);
  expect(await page(world, "/functions/app-nightly")).toContain("It has not run yet.");
});

test("a step shows what it was given, and an invocation the run that it began", async () => {
  const world = await World.start((inngest) => {
    const child = inngest.createFunction({ id: "child", triggers: [] }, () => "grown");
    const parent = inngest.createFunction(
      { id: "parent", triggers: [{ event: "t/parent" }] },
      async ({ step }) => {
        await step.run("add", (a: number, b: { c: string }) => `${a}${b.c}`, 41, { c: "teal" });
        return await step.invoke("raise", { function: child, data: { shoe: "left" } });
      },
    );
    return [child, parent];
  });
  const { run_id: runId } = await world.ended(await world.send("t/parent"));
  const text = await page(world, `/runs/${runId}`);
  expect(text).toMatch(/Input<\/h3><pre[^>]*>\[\s+41,\s+\{\s+&quot;c&quot;: &quot;teal&quot;/);
  expect(text).toMatch(/Input<\/h3><pre[^>]*>\{\s+&quot;data&quot;: \{\s+&quot;shoe&quot;: &quot;left&quot;/);
  const childId = /Invoked run<\/dt><dd><a class="chip" href="\/runs\/(\w+)"/.exec(text)?.[1] ?? "";
  expect((await world.run(childId)).function_slug).toBe("app-child");
  expect(await page(world, `/runs/${childId}`)).toContain(`href="/runs/${runId}"`);
});

test("the page's own files are served, and nothing else from where they lie", async () => {
  const world = await World.start(functions);
  const text = await page(world, "/");
  for (const [, file = ""] of text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g))
    expect([file, (await fetch(`${world.engine.url}${file}`)).status]).toEqual([file, 200]);
  expect((await fetch(`${world.engine.url}/assets/..%2Fformat.ts`)).status).toBe(404);
});

test("an open page hears when something changes", async () => {
  const world = await World.start(functions);
  const stop = new AbortController();
  const response = await fetch(`${world.engine.url}/live`, { signal: stop.signal });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  let heard = "";
  const listening = (async () => {
    for await (const chunk of response.body ?? []) heard += Buffer.from(chunk).toString("utf8");
  })().catch(() => {});
  await until("the stream is open", () => heard.includes("event: open"));
  await world.send("t/story");
  await until("the change is told", () => heard.includes("event: change"));
  stop.abort();
  await listening;
});

test("what is not there answers 404 with a page", async () => {
  const world = await World.start(functions);
  for (const path of ["/runs/01M85RQ8SGMTEK0MWS5B1K662W", "/runs/x", "/events/x", "/runs?cursor=x"]) {
    const response = await fetch(`${world.engine.url}${path}`);
    expect([path, response.status]).toEqual([path, 404]);
    expect(await response.text()).toContain("Not found");
  }
});

import { expect, test } from "vitest";
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

async function page(world: World, path: string): Promise<string> {
  const response = await fetch(`${world.engine.url}${path}`, { headers: { accept: "text/html" } });
  expect([path, response.status]).toEqual([path, 200]);
  expect(response.headers.get("content-type")).toContain("text/html");
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  return await response.text();
}

/** What a browser sends when a form of the page itself is submitted. */
function submit(world: World, path: string, form: Record<string, string> = {}): Promise<Response> {
  return fetch(`${world.engine.url}${path}`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams(form),
    headers: { origin: world.engine.url },
  });
}

test("the pages tell what happened to a run, step by step, with attempts, errors and outputs", async () => {
  const world = await World.start(functions);
  const eventId = await world.send("t/story", { text: "<img src=x onerror=alert(1)>" }, { id: "outbox-1" });
  const { run_id: runId } = await world.waiting(eventId);
  const asleep = await page(world, `/runs/${runId}`);
  expect(asleep).toContain("Sleeps, in ");
  expect(asleep).toContain("settle &lt;in&gt;");
  await world.playOut(eventId);
  const ended = await page(world, `/runs/${runId}`);
  for (const text of [
    "The &lt;b&gt;story&lt;/b&gt;",
    "Completed",
    "Slept",
    "send &amp; receive",
    "step, 2 attempts",
    "not &quot;yet&quot; &lt;script&gt;",
    "&lt;img src=x onerror=alert(1)&gt;",
  ]) {
    expect(ended).toContain(text);
  }
  const overview = await page(world, "/");
  expect(overview).toContain("Functions taken over");
  expect(overview).toContain(`href="/runs/${runId}"`);
  expect(await page(world, "/runs?status=Completed&function=app-story")).toContain(runId);
  expect(await page(world, "/runs?status=Failed")).not.toContain(runId);
  expect(await page(world, "/events")).toContain("outbox-1");
  expect(await page(world, `/events/${eventId}`)).toContain(runId);
  expect(await page(world, "/functions")).toContain("t/story");
});

test("no text of an event, a function or an error becomes markup on any page", async () => {
  const world = await World.start(functions);
  const eventId = await world.send("t/story", { text: "<script>alert(2)</script>" }, { id: "<i>id</i>" });
  await world.inngest.send({ name: "t/<u>name</u>", data: {} });
  const run = await world.playOut(eventId);
  const paths = ["/", "/runs", "/events", "/functions", `/runs/${run.run_id}`, `/events/${eventId}`];
  for (const path of [...paths, "/events?name=<u>x</u>", "/runs?function=<u>x</u>"]) {
    const text = await page(world, path);
    // The page's own script tag has attributes, and its only bold text are words of its own.
    expect([path, text.match(/<(i|u|img|script)>|<b>story/)]).toEqual([path, null]);
  }
});

test("cancelling and running again are plain forms, which other sites cannot submit", async () => {
  const world = await World.start(functions);
  const { run_id: runId } = await world.waiting(await world.send("t/story"));
  const foreign = await fetch(`${world.engine.url}/runs/${runId}/cancel`, {
    method: "POST",
    headers: { origin: "https://evil.example" },
  });
  expect(foreign.status).toBe(403);
  expect((await world.run(runId)).status).toBe("Running");

  const cancelled = await submit(world, `/runs/${runId}/cancel`);
  expect([cancelled.status, cancelled.headers.get("location")]).toEqual([303, `/runs/${runId}`]);
  expect((await world.run(runId)).status).toBe("Cancelled");
  const again = await submit(world, `/runs/${runId}/rerun`);
  expect(again.status).toBe(303);
  const location = again.headers.get("location") ?? "";
  expect(location).not.toBe(`/runs/${runId}`);
  expect(await page(world, location)).toContain(`href="/runs/${runId}"`);
  expect((await submit(world, "/runs/unknown/cancel")).status).toBe(404);
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

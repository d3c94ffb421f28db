import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { until } from "./support/until.ts";
import { type Functions, post, World } from "./support/world.ts";

const plain: Functions = (inngest) => [
  inngest.createFunction({ id: "plain", triggers: [{ event: "t/plain" }] }, async () => "ok"),
];

type AppView = { isConnected: boolean; error: string | null; functionCount: number };

async function appOf(world: World): Promise<AppView> {
  const { data } = await world.api<{ data: AppView[] }>("/v2/apps");
  if (!data[0]) throw new Error("There is no app.");
  return data[0];
}

/** What the app would register, made by the SDK itself. */
async function registrationOf(
  world: World,
  functions: Functions,
): Promise<{ url: string; functions: object[] }> {
  world.serve(functions);
  const url = `http://127.0.0.1:${world.app.port}/api/inngest`;
  const response = await fetch(url, {
    method: "PUT",
    headers: { "content-type": "application/json", "x-inngest-sync-kind": "in_band" },
    body: JSON.stringify({ url }),
  });
  return (await response.json()) as { url: string; functions: object[] };
}

test("every option that the engine does not have is refused, with the function's and the option's name", async () => {
  const world = await World.start(plain);
  const options: [string, object][] = [
    ["debounce", { debounce: { period: "5s" } }],
    ["batchEvents", { batchEvents: { maxSize: 5, timeout: "5s" } }],
    ["throttle", { throttle: { limit: 1, period: "1m" } }],
    ["rateLimit", { rateLimit: { limit: 1, period: "1m" } }],
    ["priority", { priority: { run: "event.data.n" } }],
    ["singleton", { singleton: { mode: "skip" } }],
    ["timeouts", { timeouts: { finish: "1h" } }],
    ["concurrency.scope", { concurrency: { limit: 1, scope: "account", key: "'x'" } }],
    ["concurrency.key", { concurrency: { limit: 1, key: "event.data." } }],
    ["idempotency", { idempotency: "nonsense(" }],
    ["cancelOn.if", { cancelOn: [{ event: "t/x", if: "other.data.x == 1" }] }],
    ["triggers.if", { triggers: [{ event: "t/x", if: "event.data.x ==" }] }],
    ["triggers.cron", { triggers: [{ cron: "every day" }] }],
    ["triggers.cron", { triggers: [{ cron: "TZ=Nowhere/Else 0 3 * * *" }] }],
  ];
  for (const [option, config] of options) {
    const registration = await registrationOf(world, (inngest) => [
      inngest.createFunction({ id: "odd", triggers: [{ event: "t/odd" }], ...config }, async () => 1),
    ]);
    const response = await world.fetch("/fn/register", post(registration));
    const answer = (await response.json()) as { error: string };
    expect([option, response.status]).toEqual([option, 400]);
    expect(answer.error).toContain('function "app-odd"');
    expect(answer.error).toContain(`"${option}"`);
  }
  // The functions registered before are still those that run.
  world.serve(plain);
  expect((await world.ended(await world.send("t/plain"))).output).toBe("ok");
});

test("a refused app shows on the page's state and in the log, and is taken over once it is mended", async () => {
  const world = await World.start(plain);
  world.serve((inngest) => [
    inngest.createFunction(
      { id: "odd", triggers: [{ event: "t/odd" }], debounce: { period: "5s" } },
      async () => 1,
    ),
  ]);
  const refused = await until("the app is refused", async () => {
    const app = await appOf(world);
    return app.error === null ? null : app;
  });
  expect(refused.error).toContain('option "debounce"');
  expect(refused.isConnected).toBe(false);
  expect(world.log.some((line) => line.includes('option "debounce"'))).toBe(true);
  world.serve(plain);
  await until("it is taken over", async () => (await appOf(world)).isConnected);
});

test("an app that changes its functions is picked up without a restart", async () => {
  const world = await World.start(plain);
  world.serve((inngest) => [
    ...plain(inngest),
    inngest.createFunction({ id: "new", triggers: [{ event: "t/new" }] }, async () => "new"),
  ]);
  await until("the engine knows both", async () => (await appOf(world)).functionCount === 2);
  expect((await world.ended(await world.send("t/new"))).output).toBe("new");
});

test("a registration for another address is refused, and that address is never called", async () => {
  const world = await World.start(plain);
  const registration = await registrationOf(world, plain);
  const elsewhere = JSON.parse(JSON.stringify(registration).replaceAll(`:${world.app.port}/`, ":1/"));
  const whole = await world.fetch("/fn/register", post(elsewhere));
  expect(whole.status).toBe(400);
  const one = await world.fetch("/fn/register", post({ ...registration, functions: elsewhere.functions }));
  expect(one.status).toBe(400);
  expect(((await one.json()) as { error: string }).error).toContain("another address");
  // localhost is the same place.
  const local = JSON.parse(JSON.stringify(registration).replaceAll("127.0.0.1", "localhost"));
  expect((await world.fetch("/fn/register", post(local))).status).toBe(200);
});

test("the registration that the real server took is answered as the real server did", async () => {
  const world = await World.start(plain);
  const lines = readFileSync("tests/support/wire/start-signed.jsonl", "utf8").trim().split("\n");
  const recorded = lines
    .map((line) => JSON.parse(line) as { url: string; req: string; res: string; status: number })
    .find((exchange) => exchange.url === "/fn/register");
  if (!recorded) throw new Error("The recording has no registration.");
  const body = recorded.req.replaceAll(/127\.0\.0\.1:3101/g, `127.0.0.1:${world.app.port}`);
  world.app.handler = (_request, response) => response.destroy();
  const response = await world.fetch("/fn/register", { method: "POST", body });
  const answer = (await response.json()) as object;
  expect(response.status).toBe(recorded.status);
  expect(Object.keys(answer).sort()).toEqual(Object.keys(JSON.parse(recorded.res)).sort());
  expect(answer).toMatchObject({ ok: true, modified: true });
  const again = await world.fetch("/fn/register", { method: "POST", body });
  expect(await again.json()).toMatchObject({ ok: true, modified: false });
});

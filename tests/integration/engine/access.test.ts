import { request } from "node:http";
import { expect, test } from "vitest";
import { hashSigningKey } from "@/local/inngest/signing.ts";
import { until } from "./support/until.ts";
import { createClient, type Functions, post, World } from "./support/world.ts";

const keys = { eventKey: "event-key-1", signingKey: "signkey-prod-0123456789abcdef0123456789abcdef" };
const otherKey = "signkey-prod-ffffffffffffffffffffffffffffffff";

const functions: Functions = (inngest) => [
  inngest.createFunction({ id: "signed", triggers: [{ event: "t/signed" }] }, async ({ event, step }) => {
    return await step.run("echo", () => event.data);
  }),
];

test("with a signing key the app accepts the engine's calls, and the run completes", async () => {
  const world = await World.start(functions, { keys });
  const data = { b: 1, a: "ü ☃ \u2028", n: 1e21, list: [{ z: null, y: 0.1 }] };
  expect((await world.ended(await world.send("t/signed", data))).output).toEqual(data);
});

test("an app with another signing key refuses, and the run says why", async () => {
  const world = await World.start(functions, { keys });
  const stranger = createClient(world.engine.url, { ...keys, signingKey: otherKey });
  const { serve } = await import("inngest/node");
  world.app.handler = serve({ client: stranger, functions: functions(stranger) });
  const waiting = await world.waiting(await world.send("t/signed"));
  const { attempts } = await world.trace(waiting.run_id);
  expect(attempts[0]?.error?.message).toContain("INNGEST_SIGNING_KEY");
  await until("the page's state says so too", async () => {
    const { data } = await world.api<{ data: { error: string | null }[] }>("/v2/apps");
    return data[0]?.error?.includes("401") ?? false;
  });
});

test("with keys, events need the event key and the API the hashed signing key", async () => {
  const world = await World.start(functions, { keys });
  const event = post([{ name: "t/signed", data: {} }]);
  expect((await fetch(`${world.engine.url}/e/${keys.eventKey}`, event)).status).toBe(200);
  const refused = await fetch(`${world.engine.url}/e/wrong`, event);
  expect([refused.status, await refused.json()]).toEqual([
    401,
    { status: 401, error: "Event key not found" },
  ]);
  const paths: [string, string][] = [
    ["GET", "/v1/events"],
    ["GET", "/v1/events/x"],
    ["GET", "/v1/events/x/runs"],
    ["GET", "/v1/runs/x"],
    ["DELETE", "/v1/runs/x"],
    ["GET", "/v1/runs/x/jobs"],
    ["GET", "/v2/runs"],
    ["POST", "/v2/runs/x/rerun"],
    ["POST", "/api/v2/runs/x/cancel"],
    ["GET", "/v0/runs/x/actions"],
    ["GET", "/v0/runs/x/batch"],
    ["POST", "/v1/checkpoint/x/async"],
    ["POST", "/v1/forget"],
    ["POST", "/fn/register"],
  ];
  for (const [method, path] of paths) {
    for (const bearer of ["", keys.signingKey, hashSigningKey(otherKey)]) {
      const headers = { authorization: `Bearer ${bearer}` };
      const response = await fetch(`${world.engine.url}${path}`, { method, headers });
      expect([method, path, response.status]).toEqual([method, path, 401]);
    }
  }
  expect((await world.fetch("/v1/events")).status).toBe(200);
});

test("a NUL in an address names nothing, and is no reason to fail", async () => {
  const world = await World.start(functions, { keys });
  for (const path of ["events/%00", "events/%00/runs", "events/a%00b/runs", "runs/%00", "runs/%00/jobs"])
    expect([path, (await world.fetch(`/v1/${path}`)).status]).toEqual([path, 404]);
  for (const path of ["/v1/events?name=%00", "/v2/runs?functionId=%00", "/runs?function=%00"])
    expect([path, (await world.fetch(path)).status]).toEqual([path, 400]);
});

/** fetch refuses to set Host and Sec-Fetch-Site; a browser would. */
function ask(port: number, method: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    asked.on("error", reject);
    asked.end(method === "POST" ? "{}" : undefined);
  });
}

test("other people's web pages cannot reach the engine through the browser", async () => {
  const world = await World.start(functions);
  const { port } = world.engine;
  const own = `127.0.0.1:${port}`;
  // DNS rebinding: a name of somebody else that resolves to loopback.
  expect(await ask(port, "GET", "/v1/events", { host: "evil.example" })).toBe(403);
  expect(await ask(port, "GET", "/v1/events", { host: `127.0.0.1.evil.example:${port}` })).toBe(403);
  expect(await ask(port, "GET", "/v1/events", { host: `localhost:${port}` })).toBe(200);
  // Requests across sites, and across ports of localhost.
  for (const headers of [
    { host: own, origin: "https://evil.example" },
    { host: own, origin: "null" },
    { host: own, origin: "http://127.0.0.1:1" },
    { host: own, "sec-fetch-site": "cross-site" },
    { host: own, "sec-fetch-site": "same-site" },
  ]) {
    expect(await ask(port, "POST", "/dev/clock", headers)).toBe(403);
    expect(await ask(port, "POST", "/e/any", headers)).toBe(403);
  }
  expect(await ask(port, "POST", "/dev/clock", { host: own, "sec-fetch-site": "same-origin" })).toBe(400);
});

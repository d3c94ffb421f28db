// /api/inngest runs functions of ours: outside of development it answers signed calls and no others.
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "@playwright/test";
import { canonicalJson, signBody } from "@/local/inngest/signing";
import { callApi } from "../support/people";

const ENDPOINT = "/api/inngest";
const CALL = `${ENDPOINT}?fnId=latchkey-no-such-function&stepId=step`;
const BODY = JSON.stringify({ event: { name: "x", data: {} }, events: [], steps: {}, ctx: { run_id: "r" } });
const FIVE_MINUTES_MS = 5 * 60_000;

/** The key that `npm start` made for its engine. */
function signingKey(): string {
  const folder = path.resolve(process.env.LATCHKEY_DIR || ".latchkey/e2e");
  const secrets = JSON.parse(readFileSync(path.join(folder, "secrets.json"), "utf8")) as {
    inngestSigningKey: string;
  };
  return secrets.inngestSigningKey;
}

const sign = (body: string, key = signingKey(), atMs = Date.now()) => ({
  "x-inngest-signature": signBody(key, canonicalJson(body), atMs),
});

test("a call signed by the engine is let in: it is told that there is no such function", async () => {
  const response = await callApi(CALL, { body: BODY, headers: sign(BODY) });
  expect(response.status).not.toBe(401);
  expect(await response.text()).toContain("no-such-function");
});

test("a signed call may be 4 MB long, and no longer", async () => {
  const ofLength = (length: number) => {
    const shorter = JSON.stringify({ ...JSON.parse(BODY), note: "" }).length;
    return JSON.stringify({ ...JSON.parse(BODY), note: "x".repeat(length - shorter) });
  };
  const longest = ofLength(4 * 1024 * 1024);
  const taken = await callApi(CALL, { body: longest, headers: sign(longest) });
  expect(await taken.text()).toContain("no-such-function");
  const longer = ofLength(4 * 1024 * 1024 + 1);
  const refused = await callApi(CALL, { body: longer, headers: sign(longer) });
  expect([refused.status, (await refused.json()).code]).toEqual([413, "body_too_large"]);
});

test("ASVS 4.1.5, 13.2.1: a call without a signature is refused, whatever it says of itself", async () => {
  for (const headers of [
    {},
    { "x-inngest-server-kind": "dev" },
    { "x-inngest-server-kind": "cloud" },
    { "x-inngest-signature": "" },
    { "x-inngest-signature": "t=0&s=" },
    { authorization: `Bearer ${"0".repeat(64)}` },
    { host: "localhost:8288", "x-forwarded-for": "127.0.0.1" },
  ])
    expect((await callApi(CALL, { body: BODY, headers })).status, JSON.stringify(headers)).toBe(401);
});

test("a signature by another key, of another body, or older than five minutes is refused", async () => {
  const otherKey = `signkey-prod-${"ab".repeat(32)}`;
  const tampered = BODY.replace('"x"', '"y"');
  for (const [body, headers] of [
    [BODY, sign(BODY, otherKey)],
    [tampered, sign(BODY)],
    [BODY, sign(BODY, signingKey(), Date.now() - FIVE_MINUTES_MS - 5_000)],
  ] as const)
    expect((await callApi(CALL, { body, headers })).status).toBe(401);
});

test("nobody registers the functions elsewhere: a sync without a signature is refused", async () => {
  for (const body of ["{}", JSON.stringify({ url: "https://evil.example/api/inngest" })]) {
    const headers = { "x-inngest-sync-kind": "in_band", "x-inngest-server-kind": "dev" };
    expect((await callApi(ENDPOINT, { method: "PUT", body })).status).toBe(401);
    expect((await callApi(ENDPOINT, { method: "PUT", body, headers })).status).toBe(401);
    expect(
      (await callApi(`${ENDPOINT}?deployId=1&url=https://evil.example`, { method: "PUT", body })).status,
    ).toBe(401);
  }
});

test("ASVS 13.4.5: a stranger who looks learns nothing of functions or keys", async () => {
  const response = await callApi(ENDPOINT);
  expect(response.status).toBe(401);
  expect(await response.text()).not.toMatch(/function_count|has_signing_key|send-confirmation|signkey/);
});

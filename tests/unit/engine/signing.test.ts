import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isUlid, newJobId, newUlid, ulidFromSeed, uuidOf } from "@/local/inngest/ids.ts";
import {
  canonicalJson,
  hashSigningKey,
  isSameSecret,
  isSignedBy,
  isSigningKey,
  signBody,
} from "@/local/inngest/signing.ts";

const key = "signkey-prod-0123456789abcdef";

test("a signature holds for exactly this body, this time and this key", () => {
  const signature = signBody(key, '{"a":1}', 1_795_490_282_168);
  expect(signature).toMatch(/^t=1795490282&s=[0-9a-f]{64}$/);
  expect(isSignedBy(key, '{"a":1}', signature)).toBe(true);
  expect(isSignedBy(key, '{"a":2}', signature)).toBe(false);
  expect(isSignedBy("signkey-prod-ff", '{"a":1}', signature)).toBe(false);
  expect(isSignedBy(key, '{"a":1}', signature.replace("t=1795490282", "t=1795490283"))).toBe(false);
  expect(isSignedBy(key, '{"a":1}', "")).toBe(false);
});

test("JSON is signed in the order of RFC 8785, so that spaces and order do not matter", () => {
  expect(canonicalJson('{ "b": [1.0, "ü"],\n "a": {"d":1,"c":null} }')).toBe(
    '{"a":{"c":null,"d":1},"b":[1,"ü"]}',
  );
});

test("the hashed key is the prefix and the SHA-256 of the decoded key, as in the recordings", () => {
  expect(hashSigningKey("signkey-prod-00")).toBe(
    "signkey-prod-6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  );
  const recorded = /signkey-prod-[0-9a-f]{64}/.exec(
    readFileSync("tests/support/wire/start-signed.jsonl", "utf8"),
  );
  expect(hashSigningKey(key)).toHaveLength(recorded?.[0].length ?? 0);
});

test("only keys with a prefix and whole bytes of hex are signing keys", () => {
  expect(isSigningKey(key)).toBe(true);
  for (const bad of ["", "abc", "signkey-prod-", "signkey-prod-abc", "signkey-prod-xyzw", "0123"]) {
    expect([bad, isSigningKey(bad)]).toEqual([bad, false]);
  }
});

test("secrets of any length are compared", () => {
  expect(isSameSecret("a", "a")).toBe(true);
  expect(isSameSecret("a", "aa")).toBe(false);
  expect(isSameSecret("", "a")).toBe(false);
});

test("event ids come out of the SDK's seed as on the real server, one up for each event of a request", () => {
  type Exchange = { url: string; reqH: Record<string, string>; res: string };
  const names = [
    "success",
    "failed",
    "retry-after",
    "start-signed",
    "no-checkpoint",
    "function-retry",
    "mixed",
  ];
  const exchanges = names
    .flatMap((name) => readFileSync(`tests/support/wire/${name}.jsonl`, "utf8").trim().split("\n"))
    .map((line) => JSON.parse(line) as Exchange)
    .filter((exchange) => exchange.url.startsWith("/e/"));
  expect(exchanges.length).toBeGreaterThan(5);
  for (const exchange of exchanges) {
    const seed = exchange.reqH["x-inngest-event-id-seed"] ?? "";
    const { ids } = JSON.parse(exchange.res) as { ids: string[] };
    expect(ids.map((_, index) => ulidFromSeed(seed, index))).toEqual(ids);
  }
  expect(ulidFromSeed("1795490282168,b8Ew4CysuGQTfQ==", 0)).not.toBe(
    ulidFromSeed("1795490282168,b8Ew4CysuGQTfQ==", 1),
  );
});

test("a seed that is not one is not used", () => {
  for (const bad of [
    "",
    "1795490282168",
    "x,b8Ew4CysuGQTfQ==",
    "1,AAAA",
    "-1,b8Ew4CysuGQTfQ==",
    "1e99,b8Ew4CysuGQTfQ==",
  ]) {
    expect([bad, ulidFromSeed(bad, 0)]).toEqual([bad, null]);
  }
});

test("ULIDs sort by time, ids do not repeat, and names give the same UUID", () => {
  const ids = [1, 2, 3].map((n) => newUlid(1_795_490_282_168 + n * 1_000));
  expect([...ids].sort()).toEqual(ids);
  expect(ids.every(isUlid)).toBe(true);
  expect(isUlid("not-an-id")).toBe(false);
  expect(new Set(Array.from({ length: 2_000 }, newJobId)).size).toBe(2_000);
  expect(new Set(Array.from({ length: 2_000 }, () => newUlid(1))).size).toBe(2_000);
  expect(uuidOf("a")).toBe(uuidOf("a"));
  expect(uuidOf("a")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

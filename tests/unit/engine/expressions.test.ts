import { expect, test } from "vitest";
import {
  compileExpression,
  compileSearch,
  isReckoning,
  lookupKey,
  lookupKeysOf,
} from "@/local/inngest/expressions.ts";

const matches = (source: string, event: object, async: object = {}) =>
  compileExpression(source).matches({ event, async });

test.each([
  ["event.data.plan == 'paid'", { data: { plan: "paid" } }, true],
  ["event.data.plan == 'paid'", { data: { plan: "free" } }, false],
  ["event.data.n >= 3 && event.data.n < 5.5", { data: { n: 5 } }, true],
  ["event.data.n == 3 || event.data.m == 3", { data: { m: 3 } }, true],
  ["event.data['plan'] in ['a', 'b']", { data: { plan: "b" } }, true],
  ["event.data.tags.exists(t, t == 'x')", { data: { tags: ["y", "x"] } }, true],
  ["!event.data.flag", { data: { flag: false } }, true],
  ["event.name == 't/x'", { name: "t/x" }, true],
])("%s of %j is %s", (source, event, expected) => {
  expect(matches(source, event)).toBe(expected);
});

test("a missing field is null, however deep, and has() still tells", () => {
  expect(matches("event.data.a == null", { data: {} })).toBe(true);
  expect(matches("event.data.a.b.c != 'x'", {})).toBe(true);
  expect(matches("has(event.data.a)", { data: {} })).toBe(false);
  expect(matches("has(event.data.a) && event.data.a == 1", { data: { a: 1 } })).toBe(true);
});

test("what cannot be compared does not match, and nothing throws", () => {
  expect(matches("event.data.n < 5", { data: { n: "three" } })).toBe(false);
  expect(matches("event.data.n < 5", { data: {} })).toBe(false);
  expect(matches("event.data.n", { data: { n: 1 } })).toBe(false);
});

test("evaluating does not change the event", () => {
  const event = { data: { a: 1 } };
  matches("event.data.b.c == 1 && event.data.a == 1", event);
  expect(event).toEqual({ data: { a: 1 } });
});

test.each(["", "event.data.", "other.x == 1", "event.data.x ==", "'a' + 1 == 2", "x".repeat(20_000)])(
  "%j is refused with a reason",
  (source) => {
    expect(() => compileExpression(source)).toThrow();
  },
);

test("the value of a key is the event's value", () => {
  expect(compileExpression("event.data.n").value({ event: { data: { n: 5 } } })).toBe(5);
  expect(
    compileExpression("event.data.a + '-' + event.data.b").value({ event: { data: { a: "x", b: "y" } } }),
  ).toBe("x-y");
  expect(compileExpression("event.data.missing").value({ event: {} })).toBe(null);
});

test("two events can match an equality only when they share its lookup key", () => {
  const expression = compileExpression("event.data.user == async.data.account.id && async.data.ok");
  const key = lookupKey(expression, { data: { user: "u1" } });
  expect(key).not.toBe(null);
  expect(lookupKeysOf({ data: { account: { id: "u1" }, ok: true } })).toContain(key);
  expect(lookupKeysOf({ data: { account: { id: "u2" } } })).not.toContain(key);
  // A number and a text are not the same, whatever they look like.
  const number = lookupKey(expression, { data: { user: 7 } });
  expect(lookupKeysOf({ data: { account: { id: "7" } } })).not.toContain(number);
});

test("without an equality, or without its value, there is no key: everything has to be looked at", () => {
  expect(lookupKey(compileExpression("async.data.n > 3"), {})).toBe(null);
  expect(lookupKey(compileExpression("event.data.a == async.data.a || true"), { data: { a: 1 } })).toBe(null);
  expect(lookupKey(compileExpression("event.data.a == async.data.a"), { data: {} })).toBe(null);
  expect(lookupKeysOf(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, n])))).toBe(null);
});

test.each([
  "1 + 1",
  "event.data.n - 1",
  "event.data.a + event.data.b",
  "-event.data.n",
  "size(event.data.tags)",
  "'a'",
])("a search is told that %s is no condition", (source) => {
  expect(String(compileSearch(source))).toMatch(/^Error: This is no condition/);
});

test("a search takes no regular expression: one that is made for it would keep the engine from all else", () => {
  for (const source of [
    "event.data.id.matches('^(([0-9a-f-])+)+X$')",
    "matches(event.data.id, 'a')",
    "event.data.a == 1 || output.b.matches ( 'x' )",
  ])
    expect(String(compileSearch(source))).toMatch(/^Error: A search takes no regular expressions/);
  expect(compileSearch("event.data.matches == 1")).toBeTypeOf("function");
});

test.each([
  "event.data.flag",
  "!event.data.flag",
  "has(output.name)",
  "output.a ? event.a : event.b",
  "1 + 1 == 2",
])("a search may be %s", (source) => {
  expect(compileSearch(source)).toBeTypeOf("function");
});

test("what is reckoned is told from the names and ids that people search for", () => {
  expect(["1 + 1", "event.data.n * 2", "2 - 1"].map(isReckoning)).toEqual([true, true, true]);
  for (const text of ["2026-7", "outbox-7", "a/b", "Order - paid", "1 +", "t/quick"])
    expect([text, isReckoning(text)]).toEqual([text, false]);
});

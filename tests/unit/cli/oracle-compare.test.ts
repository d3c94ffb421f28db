import { describe, expect, test } from "vitest";
import { type Answer, compareAnswers, findImbalance, racingPart, signTest } from "@/cli/oracle/compare";
import { findRepeats, type Spans, spanOf } from "@/cli/oracle/spans";
import { testTiming } from "@/cli/oracle/timing";
import { createDraw } from "@/cli/product/draw";

const names = {
  known: { email: "k1@example.com", username: "kate1" },
  unknown: { email: "u1@example.com", username: "ulla1" },
};

function answer(email: string, change: Partial<Answer> = {}): Answer {
  return {
    status: 201,
    headers: { "content-type": "application/json", date: new Date().toUTCString(), "content-length": "812" },
    body: {
      access_token:
        "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzaWQiOiI1NDI5ODQ5NjIyOC.MSTYq4TBw14t1EA1hv3TSK65",
      refresh_token: "yNj7uUbKpY77USBCc1-BRL-u-3-hJcCjfe7cVQdpLyY",
      user_data: { id: crypto.randomUUID(), email, created_at: new Date().toISOString() },
      delivery: { status: "queued" },
    },
    ms: 10,
    atMs: 1_000_000,
    sinceMs: null,
    ...change,
  };
}

const known = (change: Partial<Answer> = {}) => answer("k1@example.com", change);
const unknown = (change: Partial<Answer> = {}) => answer("u1@example.com", change);

describe("two answers", () => {
  test("are the same when only names, ids, times and tokens differ", () => {
    expect(compareAnswers(known(), unknown(), names)).toBeNull();
  });

  test.each<[string, Partial<Answer>, string]>([
    ["another status", { status: 409 }, "status"],
    ["one header more", { headers: { "content-type": "application/json", "x-known": "1" } }, "headers"],
    ["another header's value", { headers: { "content-type": "application/problem+json" } }, "headers"],
    ["one field more", { body: { ...(known().body as object), known: true } }, "body"],
    [
      "null where there was something",
      { body: { ...(known().body as object), refresh_token: null } },
      "body",
    ],
    ["another word", { body: { ...(known().body as object), refresh_token: "none" } }, "body"],
    ["nothing at all", { body: null }, "body"],
  ])("differ by %s", (_, change, what) => {
    expect(compareAnswers(known(change), unknown(), names)).toMatchObject({ what });
  });

  test("may ask to wait a second more or less, and no more than that", () => {
    const refused = (seconds: string) => ({ status: 429, headers: { "retry-after": seconds }, body: {} });
    expect(compareAnswers(known(refused("60")), unknown(refused("59")), names)).toBeNull();
    expect(compareAnswers(known(refused("60")), unknown(refused("3600")), names)).toMatchObject({
      what: "headers",
    });
  });

  test("may ask to wait as much longer as one began later, and no more than that", () => {
    const refused = (seconds: string, sinceMs: number) => ({
      status: 429,
      headers: { "retry-after": seconds },
      body: {},
      sinceMs,
    });
    expect(compareAnswers(known(refused("45", 985_000)), unknown(refused("55", 995_000)), names)).toBeNull();
    expect(
      compareAnswers(known(refused("45", 985_000)), unknown(refused("55", 985_000)), names),
    ).toMatchObject({ what: "headers" });
    expect(
      compareAnswers(
        known(refused("45", 985_000)),
        unknown({ ...refused("45", 985_000), headers: {} }),
        names,
      ),
    ).toMatchObject({ what: "headers" });
  });

  test("may be a moment before and a moment after the end of a cooldown, and no more than that", () => {
    const state = (resend: object) => ({
      body: { email_changes_left: 3, resend, server_time: "2026-11-28T07:00:00.000Z" },
    });
    const allowed = state({ allowed: true, next_allowed_at: null, reason: null });
    const until = (next_allowed_at: string, reason = "cooldown") =>
      state({ allowed: false, next_allowed_at, reason });
    const soon = until("2026-11-28T07:00:01.500Z");
    expect(compareAnswers(known(soon), unknown(allowed), names)).toBeNull();
    expect(compareAnswers(known(allowed), unknown(soon), names)).toBeNull();
    for (const other of [until("2026-11-28T07:00:20.000Z"), until("2026-11-28T07:00:01.500Z", "daily_limit")])
      expect(compareAnswers(known(other), unknown(allowed), names)).toMatchObject({ what: "body" });
    const fewer = { body: { ...soon.body, email_changes_left: 2 } };
    expect(compareAnswers(known(fewer), unknown(allowed), names)).toMatchObject({ what: "body" });
  });

  test("may differ in how far the mail has got: that is counted over all pairs", () => {
    const sent = { body: { ...(known().body as object), delivery: { status: "sent" } } };
    expect(compareAnswers(known(sent), unknown(), names)).toBeNull();
    expect(racingPart(known(sent), names.known)).not.toBe(racingPart(unknown(), names.unknown));
  });

  test("differ by the code of a refusal, which races with nothing", () => {
    const problem = (code: string) => ({ body: { title: "t", status: 422, code, detail: "d" } });
    expect(compareAnswers(known(problem("a")), unknown(problem("b")), names)).toMatchObject({ what: "body" });
  });
});

describe("how far mails got", () => {
  const pairs = (knownSent: number, unknownSent: number, both: number) => [
    ...Array.from({ length: knownSent }, () => ({ known: "sent", unknown: "sending" })),
    ...Array.from({ length: unknownSent }, () => ({ known: "sending", unknown: "sent" })),
    ...Array.from({ length: both }, () => ({ known: "sent", unknown: "sent" })),
  ];

  test("is no difference when both kinds are ahead now and then", () => {
    expect(findImbalance(pairs(11, 15, 374))).toBeNull();
    expect(findImbalance(pairs(0, 0, 400))).toBeNull();
  });

  test("is one when it is always the same kind", () => {
    expect(findImbalance(pairs(30, 0, 370))).toMatchObject({ known: 30, unknown: 0 });
    expect(findImbalance(pairs(60, 15, 325))).not.toBeNull();
  });

  test("is judged by the exact chance of such a split", () => {
    expect(signTest(0, 0)).toBe(1);
    expect(signTest(0, 10)).toBeCloseTo(2 / 1024, 12);
    expect(signTest(3, 7)).toBeCloseTo((2 * (1 + 10 + 45 + 120)) / 1024, 12);
    expect(signTest(500, 500)).toBe(1);
  });
});

describe("time", () => {
  const BOUND_MS = 10;
  /** Skewed, with a slow one now and then, as answers are. */
  function measure(seed: string, count: number, shiftMs: number) {
    const draw = createDraw(seed);
    const one = (what: string) =>
      20 - 8 * Math.log(1 - draw.fraction(what)) + (draw.fraction(`${what} slow`) < 0.02 ? 400 : 0);
    return Array.from({ length: count }, (_, index) => ({
      known: one(`known ${index}`) + shiftMs,
      unknown: one(`unknown ${index}`),
    }));
  }

  test("is equal when it is, and the interval holds the truth", () => {
    for (const seed of ["a", "b", "c", "d"]) {
      const timing = testTiming(measure(seed, 400, 0), BOUND_MS);
      expect(timing).toMatchObject({ verdict: "equal", pairs: 400 });
      expect(timing?.from).toBeLessThan(0);
      expect(timing?.to).toBeGreaterThan(0);
      expect(timing?.knownIsSlower).toBeCloseTo(0.5, 1);
    }
  });

  test("is different when one kind takes surely longer than the bound, in either direction", () => {
    for (const shift of [15, -15])
      expect(testTiming(measure("f", 400, shift), BOUND_MS)).toMatchObject({ verdict: "different" });
  });

  test("is undecided with too few pairs, whatever they say", () => {
    expect(testTiming(measure("g", 6, 200), BOUND_MS)).toMatchObject({ verdict: "undecided" });
    expect(testTiming([], BOUND_MS)).toBeNull();
  });
});

describe("the times from sent to delivered", () => {
  const at = (ms: number) => new Date(1_700_000_000_000 + ms).toISOString();

  test("are read from the instants of one answer, once there are both", () => {
    const delivery = { sent_at: at(0), delivered_at: at(271) };
    expect(spanOf(known({ body: { delivery } }))).toBe(271);
    expect(spanOf(known({ body: { delivery: { ...delivery, delivered_at: null } } }))).toBeNull();
    expect(spanOf(known({ body: { delivery: null } }))).toBeNull();
  });

  const draw = createDraw("spans");
  const span = (key: string) => 250 + Math.floor(draw.fraction(key) * 40);
  const pairs = (count: number, second: (first: number, key: string) => number) =>
    Array.from({ length: count }, (_, index) => {
      const [first, other] = [span(`known ${index}`), span(`unknown ${index}`)];
      const known: Spans = [first, second(first, `later ${index}`)];
      const unknown: Spans = [other, span(`other ${index}`)];
      return { known, unknown };
    });

  test("of a few addresses with an owner are found when they are copied", () => {
    expect(findRepeats(pairs(3, (first) => first))).toMatchObject({ known: 3, pairs: 3 });
    expect(
      findRepeats(pairs(400, (first, key) => (draw.fraction(`copy ${key}`) < 0.2 ? first : span(key)))),
    ).not.toBeNull();
  });

  test("may be the same by chance, as those of any two mails", () => {
    for (const count of [3, 40, 400]) expect(findRepeats(pairs(count, (_, key) => span(key)))).toBeNull();
    expect(
      findRepeats(Array.from({ length: 50 }, () => ({ known: [250, 250], unknown: [250, 250] }))),
    ).toBeNull();
    expect(findRepeats([])).toBeNull();
  });
});

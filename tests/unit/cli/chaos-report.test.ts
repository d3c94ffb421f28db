import { describe, expect, test } from "vitest";
import type { Facts } from "@/cli/chaos/facts";
import { formatTable, percentile, summarize } from "@/cli/chaos/report";
import { judge } from "@/cli/chaos/verdict";
import { act, factsWith } from "@/tests/support/chaos-facts";
import { countChecks } from "@/tests/support/suites.mjs";

const options = {
  people: 1,
  perSecond: 1,
  seed: "7",
  transport: "resend",
  json: null,
  help: false,
} as const;
const facts = factsWith();

const resultOf = (change: Partial<Facts> = {}, isSettled = true, people = 1) => {
  const changed = { ...facts, ...change };
  return summarize({
    options: { ...options, people },
    facts: changed,
    verdict: judge(changed, "resend"),
    injected: {
      faults: [{ kind: "kill_engine", atMs: 1, downMs: 2 }],
      recoveries: [
        { part: "engine", ms: 900 },
        { part: "engine", ms: 1_400 },
      ],
    },
    mailFaults: { refuse: 3 },
    unavailable: 0,
    settling: { isSettled, movedMs: 60_000 },
    tookMs: 1_000,
  });
};

describe("a run is good", () => {
  test("when nothing was found, everybody was seen through and everything ended", () => {
    expect(resultOf()).toMatchObject({ ok: true, lost: 0, doubled: 0, wrong_states: 0, orphaned_leases: 0 });
  });

  test("and not good with a single finding, an open end, or somebody of whom nothing is known", () => {
    const lost = resultOf({ users: [], deliveries: [], attempts: [], events: [], mails: [] });
    expect(lost).toMatchObject({ ok: false, lost: 1, answered: 1 });
    expect(formatTable(lost)).toContain("lost: ada answered 201, and there is no such account");
    expect(resultOf({}, false).ok).toBe(false);
    expect(resultOf({}, true, 2).ok).toBe(false);
    const asked = act("resend");
    expect(resultOf({ acts: [asked, asked, asked] }).checks.at(-2)).toMatchObject({ ok: false, found: 0 });
    expect(resultOf({ ended: [{ part: "engine", how: "exit 1" }] })).toMatchObject({
      ok: false,
      processes_ended: 1,
    });
  });

  test("and not when nobody confirmed with another mail on its way", () => {
    const asked = act("resend");
    const overtaking = (atMs: number) => {
      const typed = ["ada", "bo"].map((username) => ({ username, atMs }));
      const changed = resultOf({ acts: [asked, asked, asked], codes: { accepted: typed, refused: [] } });
      return { acts: changed.acts, check: changed.checks.at(-1) };
    };
    expect(overtaking(10_050)).toMatchObject({ acts: { overtaking: 1 }, check: { ok: true } });
    // The mail was sent by then, or not asked for yet.
    for (const atMs of [13_000, 9_000])
      expect(overtaking(atMs)).toMatchObject({ acts: { overtaking: 0 }, check: { ok: false, found: 0 } });
  });

  test("and not when hardly anybody was answered: that proves nothing", () => {
    const turnedAway = {
      username: "bo",
      outcome: "turned_away",
      deliveryId: null,
      answerMs: null,
      askedAtMs: 0,
      tries: 10,
    } as const;
    const three = [...facts.registrations, turnedAway, turnedAway];
    expect(resultOf({ registrations: three }, true, 3).ok).toBe(true);
    expect(resultOf({ registrations: [...three, turnedAway] }, true, 4).ok).toBe(false);
  });
});

test("faults and recoveries are counted by kind and part", () => {
  expect(resultOf()).toMatchObject({
    faults: { processes: { kill_engine: 1 }, mail: { refuse: 3 } },
    recoveries: { restarts: { engine: { count: 2, longest_ms: 1_400 } } },
  });
});

test("percentiles are nearest rank, so that they are answers that somebody got", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect([50, 99, 100].map((percent) => percentile(hundred, percent))).toEqual([50, 99, 100]);
  expect(percentile([7], 99)).toBe(7);
});

describe("in npm test", () => {
  test("each check counts as a test, and a run without a result as a failure", () => {
    const good = resultOf();
    expect(countChecks(good, 0)).toMatchObject({ passed: good.checks.length, failed: 0 });
    expect(countChecks(resultOf({}, false), 1)).toMatchObject({ failed: 1 });
    expect(countChecks(null, 130)).toMatchObject({ passed: 0, failed: 1 });
    // It says yes and ends with no: something else was wrong.
    expect(countChecks(good, 1)).toMatchObject({ failed: 1 });
  });
});

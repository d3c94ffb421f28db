// A run of oracle-check against a site that does nothing but count, with its limits on: they are not what a run is
// about, and no question may meet them.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ask } from "@/cli/oracle/calls";
import { askUntilRefused, type LimitAnswers } from "@/cli/oracle/limits";
import { readOptions } from "@/cli/oracle/options";
import { createPaces } from "@/cli/oracle/pace";
import { makePairs, newNetwork, newUsername, PASSWORD } from "@/cli/oracle/people";
import { type Answers, type Asked, type Asking, askEverything, inLanes } from "@/cli/oracle/questions";
import { judgeMode, summarize } from "@/cli/oracle/report";
import { createDraw } from "@/cli/product/draw";
import { LIMITS } from "@/domain/limits";

let nowMs: number;
const clock = {
  nowMs: () => nowMs,
  wait: async (ms: number) => {
    nowMs += ms;
  },
};

/** What the site takes of what it counts in one window; each question takes it a while. */
function createSite(answerMs: number) {
  const { limit, seconds } = LIMITS.registrationsOfSite.windows[0];
  const counted = new Map<string, number[]>();
  let refused = 0;
  const take = (lane: string): boolean => {
    const hits = (counted.get(lane) ?? []).filter((atMs) => atMs > nowMs - seconds * 1000);
    const isFree = hits.length < limit;
    counted.set(lane, isFree ? [...hits, nowMs] : hits);
    if (!isFree) refused++;
    return isFree;
  };
  const problem = (status: number, code: string) => ({ status, body: { title: "t", status, code } });
  const answer = (path: string, login: string) => {
    if (path === "register")
      return take("registrations")
        ? { status: 201, body: { access_token: "t" } }
        : problem(429, "site_limit");
    if (path === "resend-confirmation")
      return take("further") ? problem(429, "resend_cooldown") : problem(429, "site_limit");
    if (path === "change-email")
      return take("further") ? { status: 202, body: {} } : problem(429, "site_limit");
    if (path === "confirm-email") return problem(422, "wrong_code");
    if (path === "token" && login.includes("@")) return problem(401, "bad_credentials");
    return { status: 200, body: {} };
  };
  return {
    fetch: async (url: string, init: { body?: string }) => {
      const { login = "" } = JSON.parse(init.body ?? "{}") as { login?: string };
      const { status, body } = answer(new URL(url).pathname.split("/").at(-1) ?? "", login);
      nowMs += answerMs;
      return Response.json(body, { status });
    },
    get refused() {
      return refused;
    },
  };
}

const url = "http://localhost:1";
const askingWith = (pairs: number, lanes: number): Asking => ({
  urls: [url],
  pairs: makePairs(pairs),
  draw: createDraw("pace"),
  paces: createPaces(clock),
  lanes,
  isShort: true,
  tellsDelivered: false,
  signal: new AbortController().signal,
});

beforeEach(() => {
  nowMs = 1_000_000;
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const statusesOf = (answers: Answers, question: string) =>
  answers.get(question)?.flatMap(({ answers: { known, unknown } }) => [known.status, unknown.status]);

describe("a whole run", () => {
  test.each([
    [60, 4, 0],
    [60, 32, 40],
  ])("of %i pairs, %i at a time, never meets a limit of the whole site", async (pairs, lanes, answerMs) => {
    const site = createSite(answerMs);
    vi.stubGlobal("fetch", site.fetch);
    const asking = askingWith(pairs, lanes);
    await inLanes(asking, "owners", async (pair) => {
      const body = { username: newUsername(), email: pair.email.known, password: PASSWORD };
      await asking.paces.registrations(1, () => ask(url, { path: "register", body, from: newNetwork() }));
    });
    const modes: Answers[] = [];
    for (const mode of ["async", "fallback"]) modes.push(await askEverything(mode, asking));
    const [fresh] = makePairs(1);
    if (fresh) await askUntilRefused(url, fresh, asking.paces);
    expect(site.refused).toBe(0);
    for (const answers of modes)
      expect(new Set(statusesOf(answers, "changing the address"))).toEqual(new Set([202]));
  });
});

describe("what a run says of answers that its question is not about", () => {
  const options = readOptions(["--short"].concat("--pairs", "1"), "seed");
  const refusedBy = (code: string, status = 429) => ({
    status,
    headers: { "retry-after": "9" },
    body: { title: "t", status, code },
    ms: 1,
    atMs: 0,
    sinceMs: null,
  });
  const taken = { status: 202, headers: {}, body: {}, ms: 80, atMs: 0, sinceMs: null };
  const asked = (known: Asked["answers"]["known"], unknown = known): Asked => ({
    answers: { known, unknown },
    names: { known: {}, unknown: {} },
    expected: ["202"],
  });
  const noLimits: LimitAnswers = { answers: new Map(), missing: [] };
  const judge = (all: Asked[], limits = noLimits) =>
    summarize(options, {
      questions: judgeMode("hung", new Map([["changing the address", all]]), 10),
      limits,
      repeats: null,
      tookMs: 0,
    });
  const NAME = "hung: every question got the answer that it is about";

  test("one that both sides got alike fails the run, with a sentence that names it", () => {
    const result = judge([asked(taken), asked(refusedBy("site_limit"))]);
    expect(result.ok).toBe(false);
    expect(result.checks.find(({ name }) => name === NAME)?.found).toBe(
      "changing the address: 2 x 429 site_limit instead of 202; a limit of the whole site was met, not the question's",
    );
    expect(judge([asked(refusedBy("same_address", 422))]).checks.find(({ name }) => name === NAME)).toEqual({
      name: NAME,
      ok: false,
      found: "changing the address: 2 x 422 same_address instead of 202",
    });
  });

  test("its time is not taken for the question's", () => {
    const [question] = judge([asked(taken), asked(taken), asked(refusedBy("site_limit"))]).questions;
    expect(question?.timing).toMatchObject({ pairs: 2, medianKnown: 80 });
    expect(judge([asked(refusedBy("site_limit"))]).questions[0]?.timing).toBeNull();
  });

  test("a limit that was not the one to be tried was not reached", () => {
    const tried = { ...asked(refusedBy("site_limit")), expected: ["201", "429 address_limit"] };
    const limits = { answers: new Map([["registering from one network", [tried]]]), missing: [] };
    expect(
      judge([asked(taken)], limits).checks.find(({ name }) => name === "every limit was reached"),
    ).toEqual(expect.objectContaining({ ok: false, found: expect.stringContaining("2 x 429 site_limit") }));
  });

  test("none of that, when all is as it is to be", () => {
    expect(judge([asked(taken), asked(taken)]).checks.filter(({ ok }) => !ok)).toEqual([]);
  });
});

test("a short run is refused more pairs than can be asked within a resend's cooldown", () => {
  expect(() => readOptions(["--short"], "seed")).toThrow(/at most 100/);
  expect(readOptions(["--short", "--pairs", "100"], "seed").pairs).toBe(100);
});

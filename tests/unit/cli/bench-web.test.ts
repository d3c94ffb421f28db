import { describe, expect, test } from "vitest";
import type { Visit } from "@/cli/bench-web/measure";
import { readOptions } from "@/cli/bench-web/options";
import { formatTable, judge, middleOf, SCRIPT_BUDGET_BYTES } from "@/cli/bench-web/report";

const visit = (own: Partial<Visit> = {}): Visit => ({
  firstByteMs: 10,
  firstPaintMs: 60,
  largestPaintMs: 80,
  layoutShift: 0,
  blockingMs: 0,
  bytes: 150_000,
  scriptBytes: 110_000,
  requests: 9,
  ...own,
});
const page = (path: string, own: Partial<Visit> = {}) => ({
  path,
  line: "slow 3G",
  visits: 3,
  ...visit(own),
});

describe("what a page cost", () => {
  test("is the visit in the middle, and the worst one where something moved", () => {
    const visits = [30, 900, 20].map((firstByteMs, index) =>
      visit({ firstByteMs, layoutShift: index / 100 }),
    );
    expect(middleOf(visits)).toMatchObject({ firstByteMs: 30, layoutShift: 0.02 });
  });

  test("is wrong when something moves on any page, or the scripts of /register are over their budget", () => {
    expect(judge([page("/"), page("/register")])).toMatchObject({ ok: true, wrong: [] });
    expect(judge([page("/sign-in", { layoutShift: 0.01 })])).toMatchObject({ ok: false });
    const heavy = { scriptBytes: SCRIPT_BUDGET_BYTES + 1 };
    expect(judge([page("/register", heavy)]).wrong).toEqual([
      "/register (slow 3G): 120.0 kB of scripts are more than 120.0 kB",
    ]);
    // The others have no such budget.
    expect(judge([page("/confirm", heavy)]).ok).toBe(true);
  });

  test("slow times fail nothing: they say something about the machine", () => {
    expect(judge([page("/", { largestPaintMs: 60_000, blockingMs: 60_000 })]).ok).toBe(true);
  });

  test("stands in one line for each page, and what is wrong below", () => {
    const lines = formatTable(judge([page("/"), page("/register", { layoutShift: 0.5 })])).split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^ {2}\/ .*80 ms +0\.000 +0 ms +110\.0 kB +150\.0 kB +9$/);
    expect(lines[3]).toContain("something moved");
  });
});

test("what makes no sense on the command line is a sentence", () => {
  expect(readOptions([])).toEqual({ runs: 3, json: null, help: false });
  expect(() => readOptions(["--runs", "0"])).toThrow(/--runs 0/);
});

// The counts behind "N passed, N failed", and the names of what failed, from the reports of the test programs.
import path from "node:path";
import { describe, expect, it } from "vitest";
import { countChecks, countPlaywright, countVitest } from "@/tests/support/suites.mjs";

const inVitest = (name: string, status: string, tests: [string, string][]) => ({
  name: path.resolve(name),
  status,
  assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
});

describe("a Vitest report", () => {
  const report = {
    numPassedTests: 2,
    numPendingTests: 1,
    numTodoTests: 0,
    testResults: [
      inVitest("tests/unit/a.test.ts", "passed", [["a holds", "passed"]]),
      inVitest("tests/unit/b.test.ts", "failed", [
        ["b holds", "passed"],
        ["b breaks", "failed"],
        ["b waits", "pending"],
      ]),
      inVitest("tests/unit/c.test.ts", "failed", []),
    ],
  };

  it("names each test that failed, and each file that could not be loaded", () => {
    expect(countVitest(report, 1)).toEqual({
      passed: 2,
      failed: 2,
      skipped: 1,
      names: ["tests/unit/b.test.ts › b breaks", "tests/unit/c.test.ts"],
    });
  });

  it("is never green when it is missing, empty, or when the program ended badly", () => {
    const empty = { ...report, numPassedTests: 0, testResults: [] };
    expect(countVitest(null, 0)).toMatchObject({ failed: 1 });
    expect(countVitest(empty, 0)).toMatchObject({ failed: 1 });
    expect(countVitest({ ...empty, numPassedTests: 2 }, 1)).toMatchObject({ passed: 2, failed: 1 });
  });
});

describe("a Playwright report", () => {
  const spec = (title: string, status: string) => ({ title, tests: [{ status }] });
  const report = {
    stats: { expected: 1, skipped: 1 },
    errors: [] as { message?: string }[],
    suites: [
      {
        title: "a.spec.ts",
        specs: [spec("holds", "expected"), spec("waits", "skipped")],
        suites: [
          { title: "on a phone", specs: [spec("breaks", "unexpected"), spec("holds at last", "flaky")] },
        ],
      },
    ],
  };

  it("names each test that failed or passed only at a later try", () => {
    expect(countPlaywright(report, 1)).toEqual({
      passed: 1,
      failed: 2,
      skipped: 1,
      names: ["a.spec.ts › on a phone › breaks", "a.spec.ts › on a phone › holds at last"],
    });
  });

  it("counts an error outside of any test", () => {
    const errors = [{ message: "no product\nat somewhere" }, {}];
    expect(countPlaywright({ ...report, suites: [], errors }, 1)).toMatchObject({
      failed: 2,
      names: ["no product", "an error outside of any test"],
    });
  });
});

it("a check that did not hold is named", () => {
  const checks = [
    { name: "no mail is lost", ok: false },
    { name: "no mail comes twice", ok: true },
  ];
  expect(countChecks({ checks }, 1)).toMatchObject({ passed: 1, failed: 1, names: ["no mail is lost"] });
});

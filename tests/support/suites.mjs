// Runs a test suite and reads its counts from its report: the program's own words are for people.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { run } from "./run-program.mjs";

const FOLDER = path.resolve(".latchkey/test");

function reportFile(name) {
  mkdirSync(FOLDER, { recursive: true });
  const file = path.join(FOLDER, `${name}-report.json`);
  rmSync(file, { force: true });
  return file;
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** Runs the Vitest projects of a stage: those whose names begin with its name. */
export async function runVitest(stage) {
  const file = reportFile(stage);
  const { code } = await run(
    process.execPath,
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--project",
      `${stage}*`,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${file}`,
    ],
    { show: true, env: { ...process.env, NODE_ENV: "test" } },
  );
  return countVitest(readReport(file), code);
}

/**
 * Counts of a Vitest report. A file that could not be loaded, an error outside of any test, and a suite without
 * tests each count as a failure.
 */
export function countVitest(report, code) {
  if (!report) return { passed: 0, failed: 1, text: `It ended without a report (exit ${code}).` };
  const names = report.testResults.flatMap((file) => {
    if (file.status !== "failed") return [];
    const failed = file.assertionResults.filter((test) => test.status === "failed");
    const where = path.relative(process.cwd(), file.name);
    return failed.length > 0 ? failed.map((test) => `${where} › ${test.fullName}`) : [where];
  });
  return settle(report.numPassedTests, names, report.numPendingTests + report.numTodoTests, code);
}

/** Sixty registrations, always with the same faults: a minute on two cores. */
const CHAOS = ["--people", "60", "--per-second", "4", "--seed", "7"];

/** Three pairs: every question in every mode, half a minute. Time needs hundreds, and is not judged. */
const ORACLE = ["--pairs", "3", "--short"];

/** Runs a short `npm run chaos`. Each thing that it checks counts as a test. Without `show` its output is the text. */
export const runChaos = (options) => runCheck("chaos", CHAOS, options);

/** Runs a short `npm run oracle-check`, as runChaos. */
export const runOracle = (options) => runCheck("oracle", ORACLE, options);

async function runCheck(name, options, { show = true } = {}) {
  const file = reportFile(name);
  const args = ["--import", "tsx", `cli/${name}/main.ts`, ...options, "--json", file];
  const { code, output } = await run(process.execPath, args, { show });
  const counts = countChecks(readReport(file), code);
  return show ? counts : { ...counts, text: [output.trimEnd(), counts.text].filter(Boolean).join("\n") };
}

/** Counts of the result that chaos and oracle-check write. */
export function countChecks(report, code) {
  if (!report) return { passed: 0, failed: 1, text: `It ended without a result (exit ${code}).` };
  const failed = report.checks.filter((check) => !check.ok).map((check) => check.name);
  return settle(report.checks.length - failed.length, failed, 0, code);
}

/** Runs the browser tests. */
export async function runPlaywright() {
  const file = reportFile("e2e");
  const { code } = await run(
    process.execPath,
    ["node_modules/@playwright/test/cli.js", "test", "--reporter=list,json"],
    {
      show: true,
      env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: file, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
    },
  );
  return countPlaywright(readReport(file), code);
}

/** Counts of a Playwright report; errors outside of tests (set-up, tear-down, a file that does not load) are failures. */
export function countPlaywright(report, code) {
  if (!report) return { passed: 0, failed: 1, text: `It ended without a report (exit ${code}).` };
  const names = report.suites.flatMap((suite) => nameFailed(suite, []));
  const errors = report.errors.map(
    (error) => error.message?.split("\n")[0] ?? "an error outside of any test",
  );
  return settle(report.stats.expected, [...names, ...errors], report.stats.skipped, code);
}

/** The titles of a suite's tests that failed, or that passed only at a later try. */
function nameFailed(suite, titles) {
  const here = [...titles, suite.title];
  return [
    ...(suite.specs ?? []).flatMap((spec) =>
      spec.tests
        .filter((test) => test.status === "unexpected" || test.status === "flaky")
        .map(() => [...here, spec.title].join(" › ")),
    ),
    ...(suite.suites ?? []).flatMap((inner) => nameFailed(inner, here)),
  ];
}

/** @param {string[]} names of what failed */
function settle(passed, names, skipped, code) {
  const failed = names.length;
  if (passed + failed === 0) return { passed, failed: 1, skipped, text: "No test ran." };
  // It says that something was wrong, and we do not know what: never green.
  if (failed === 0 && code !== 0) return { passed, failed: 1, skipped, text: `It ended with exit ${code}.` };
  return { passed, failed, skipped, names };
}

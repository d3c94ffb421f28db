// `npm test`: everything that can be checked, stage by stage, from a clone without node_modules too. Plain JavaScript
// without dependencies. `npm test -- unit e2e` runs single stages. Ends with one line: N passed, N failed.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, requireNode } from "../local/install.mjs";
import { findOrInstallBrowser } from "./support/browser-install.mjs";
import { run, stopChildren } from "./support/run-program.mjs";
import { runChaos, runOracle, runPlaywright, runVitest } from "./support/suites.mjs";

const root = path.resolve(fileURLToPath(new URL("..", import.meta.url)));
process.chdir(root);
const node = (...args) => run(process.execPath, args);
const BIOME = "node_modules/@biomejs/biome/bin/biome";
const NEXT = "node_modules/next/dist/bin/next";
const KNIP = "node_modules/knip/bin/knip.js";

/** What a stage found: counts, and the text that explains a failure. */
const check = async (program) => {
  const { ok, output } = await program;
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, text: output };
};

/** Several programs at once, as one check. */
async function checkAll(programs) {
  const results = await Promise.all(programs.map(check));
  const failed = results.filter((result) => result.failed > 0);
  return failed.length === 0
    ? { passed: 1, failed: 0 }
    : { passed: 0, failed: 1, text: failed.map((result) => result.text).join("\n") };
}

/** The stages in their order. With `show` a stage's output is passed on as it comes, otherwise it is in the result. */
const STAGES = {
  format: () =>
    check(node(BIOME, "ci", "--linter-enabled=false", "--assist-enabled=false", "--colors=off", ".")),
  lint: () =>
    checkAll([
      node(BIOME, "ci", "--formatter-enabled=false", "--colors=off", "."),
      node(KNIP, "--no-progress"),
    ]),
  unit: () => runVitest("unit"),
  types: async () => {
    const made = await check(node(NEXT, "typegen"));
    return made.failed ? made : check(node("node_modules/typescript/bin/tsc", "--noEmit"));
  },
  integration: () => runVitest("integration"),
  build: (show) => build(show),
  chaos: (show) => runChaos({ show }),
  oracle: (show) => runOracle({ show }),
  browser: () => check(findOrInstallBrowser()),
  e2e: () => runPlaywright(),
};

/**
 * What runs beside a stage, one after another, and is shown when that stage is over: types are one program's work, and
 * integration tests mostly wait for processes to start and end.
 */
const BESIDE = { unit: ["types"], integration: ["build", "chaos", "oracle"] };

/** Builds the way `npm start` does, so that the start of the e2e product finds it done. */
async function build(show) {
  const { register } = await import("tsx/esm/api");
  register();
  const { ensureBuilt } = await import("../local/supervise/build.ts");
  const said = [];
  const told = [];
  const say = (line) => (show ? console.log(line) : told.push(line));
  try {
    const isNew = await ensureBuilt({
      root,
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" },
      say,
      output: (chunk) => said.push(String(chunk)),
      signal: interrupted.signal,
    });
    if (!isNew) say("nothing has changed since the last build");
    return { passed: 1, failed: 0, text: told.at(-1) };
  } catch (error) {
    return { passed: 0, failed: 1, text: `${said.join("")}\n${error.message}` };
  }
}

function chooseStages(wanted) {
  const unknown = wanted.filter((name) => !(name in STAGES));
  if (unknown.length > 0) {
    console.error(`There is no stage ${unknown.join(", ")}. Stages: ${Object.keys(STAGES).join(", ")}.`);
    process.exit(1);
  }
  if (wanted.length === 0) return Object.keys(STAGES);
  const needed = wanted.flatMap((name) => [name, ...(NEEDS[name] ?? [])]);
  return Object.keys(STAGES).filter((name) => needed.includes(name));
}

/** The journey needs the app and a browser. */
const NEEDS = { chaos: ["build"], oracle: ["build"], e2e: ["build", "browser"] };

const totals = { passed: 0, failed: 0 };
const failures = [];
const broken = new Set();

/** Runs a stage and counts it. Answers what is to be printed of it; with `show` its head is printed before. */
async function runStage(name, show) {
  const missing = (NEEDS[name] ?? []).filter((needed) => broken.has(needed));
  if (missing.length > 0) {
    totals.failed += 1;
    failures.push(`${name}: cannot run without ${missing.join(" and ")}`);
    return `\n── ${failures.at(-1)}`;
  }
  const head = `\n── ${name} ${"─".repeat(Math.max(0, 60 - name.length))}`;
  if (show) console.log(head);
  const started = Date.now();
  const result = await STAGES[name](show).catch((error) => ({ passed: 0, failed: 1, text: error.stack }));
  totals.passed += result.passed;
  totals.failed += result.failed;
  if (result.failed > 0) {
    broken.add(name);
    const names = result.names?.length ? result.names : [result.text?.trimEnd().split("\n").at(-1) ?? ""];
    failures.push(...names.map((each) => `${name}: ${each}`));
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const skipped = result.skipped ? `, ${result.skipped} skipped` : "";
  const summary = `${name}: ${result.passed} passed, ${result.failed} failed${skipped} (${seconds} s)`;
  return [show ? null : head, result.text?.trimEnd(), summary].filter(Boolean).join("\n");
}

/** Runs a stage, and beside it those that do not need the machine to themselves. */
async function runTogether(name, beside) {
  if (beside.length > 0) console.log(`\n${beside.join(" and ")} run beside ${name} and are shown after it`);
  const shown = runStage(name, true);
  const quiet = runInTurn(beside);
  console.log(await shown);
  for (const text of await quiet) console.log(text);
}

async function runInTurn(names) {
  const texts = [];
  for (const name of names) if (!isInterrupted) texts.push(await runStage(name, false));
  return texts;
}

let isInterrupted = false;
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => {
    // A second one hurries.
    stopChildren(isInterrupted ? "SIGKILL" : "SIGTERM");
    isInterrupted = true;
    interrupted.abort(new Error("The build was stopped."));
  });

requireNode();
const stages = chooseStages(process.argv.slice(2));
try {
  await ensureInstalled(root);
} catch (error) {
  console.error(error.message);
  console.log("0 passed, 1 failed");
  process.exit(1);
}
const done = new Set();
for (const name of stages) {
  if (isInterrupted) break;
  if (done.has(name)) continue;
  const beside = (BESIDE[name] ?? []).filter((other) => stages.includes(other));
  for (const each of [name, ...beside]) done.add(each);
  await runTogether(name, beside);
}
if (isInterrupted) {
  totals.failed += 1;
  failures.push("interrupted");
}
// Once more at the end: between a failure and here there may be thousands of lines.
if (failures.length > 0) console.log(["\nFailed:", ...failures].join("\n  "));
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed > 0 ? 1 : 0);

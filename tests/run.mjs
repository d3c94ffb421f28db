// `npm test`: everything that can be checked, stage by stage, from a clone without node_modules too. Plain JavaScript
// without dependencies. `npm test -- unit e2e` runs single stages. Ends with one line: N passed, N failed.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, requireNode } from "../local/install.mjs";
import { findOrInstallBrowser } from "./support/browser-install.mjs";
import { run, stopChildren } from "./support/run-program.mjs";
import { runChaos, runPlaywright, runVitest } from "./support/suites.mjs";

const root = path.resolve(fileURLToPath(new URL("..", import.meta.url)));
process.chdir(root);
const node = (...args) => run(process.execPath, args);
const BIOME = "node_modules/@biomejs/biome/bin/biome";
const NEXT = "node_modules/next/dist/bin/next";

/** What a stage found: counts, and the text that explains a failure. */
const check = async (program) => {
  const { ok, output } = await program;
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, text: output };
};

const STAGES = {
  format: () =>
    check(node(BIOME, "ci", "--linter-enabled=false", "--assist-enabled=false", "--colors=off", ".")),
  lint: () => check(node(BIOME, "ci", "--formatter-enabled=false", "--colors=off", ".")),
  types: async () => {
    const made = await check(node(NEXT, "typegen"));
    return made.failed ? made : check(node("node_modules/typescript/bin/tsc", "--noEmit"));
  },
  unit: () => runVitest("unit"),
  integration: () => runVitest("integration"),
  build: () => check(build()),
  chaos: () => runChaos(),
  browser: () => check(findOrInstallBrowser()),
  e2e: () => runPlaywright(),
};

/** Builds the way `npm start` does, so that the start of the e2e product finds it done. */
async function build() {
  const { register } = await import("tsx/esm/api");
  register();
  const { ensureBuilt } = await import("../local/supervise/build.ts");
  const said = [];
  try {
    const isNew = await ensureBuilt({
      root,
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" },
      say: (line) => console.log(line),
      output: (chunk) => said.push(String(chunk)),
    });
    if (!isNew) console.log("nothing has changed since the last build");
    return { ok: true, output: "" };
  } catch (error) {
    return { ok: false, output: `${said.join("")}\n${error.message}` };
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
const NEEDS = { chaos: ["build"], e2e: ["build", "browser"] };

async function runStage(name) {
  console.log(`\n── ${name} ${"─".repeat(Math.max(0, 60 - name.length))}`);
  const started = Date.now();
  const result = await STAGES[name]().catch((error) => ({ passed: 0, failed: 1, text: error.stack }));
  if (result.text) console.log(result.text.trimEnd());
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const skipped = result.skipped ? `, ${result.skipped} skipped` : "";
  console.log(`${name}: ${result.passed} passed, ${result.failed} failed${skipped} (${seconds} s)`);
  return result;
}

let isInterrupted = false;
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => {
    // A second one hurries.
    stopChildren(isInterrupted ? "SIGKILL" : "SIGTERM");
    isInterrupted = true;
  });

requireNode();
const stages = chooseStages(process.argv.slice(2));
const totals = { passed: 0, failed: 0 };
const broken = new Set();
try {
  await ensureInstalled(root);
} catch (error) {
  console.error(error.message);
  console.log("0 passed, 1 failed");
  process.exit(1);
}
for (const name of stages) {
  if (isInterrupted) break;
  const missing = (NEEDS[name] ?? []).filter((needed) => broken.has(needed));
  if (missing.length > 0) {
    console.log(`\n── ${name}: cannot run without ${missing.join(" and ")}`);
    totals.failed += 1;
    continue;
  }
  const { passed, failed } = await runStage(name);
  totals.passed += passed;
  totals.failed += failed;
  if (failed > 0) broken.add(name);
}
if (isInterrupted) totals.failed += 1;
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed > 0 ? 1 : 0);

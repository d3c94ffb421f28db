// `npm run fuzz`: ten thousand inputs for each endpoint (`npm run fuzz -- 500`: so many), against the built product.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run, stopChildren } from "./support/run-program.mjs";

const inputs = process.argv[2] ?? "10000";
if (!/^[1-9]\d*$/.test(inputs)) {
  console.error(`${inputs} is no number of inputs. Example: npm run fuzz -- 500`);
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stopChildren(signal));
process.chdir(path.resolve(fileURLToPath(new URL("..", import.meta.url))));
const { code } = await run(
  process.execPath,
  [
    "node_modules/@playwright/test/cli.js",
    "test",
    "--project=own-products",
    "--no-deps",
    "--reporter=list",
    "fuzz",
  ],
  { show: true, env: { PROPERTY_SEED: "random", ...process.env, FUZZ_INPUTS: inputs } },
);
process.exit(code ?? 1);

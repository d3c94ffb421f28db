// `npm run oracle-check`: can a stranger find out whether an address has an account? (promise P6)
import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import path from "node:path";
import { type Options, readOptions, USAGE } from "./options";
import { formatTable } from "./report";
import { checkForOracle, writeJson } from "./run";

function readOptionsOrExit(): Options {
  try {
    const options = readOptions(process.argv.slice(2), randomBytes(4).toString("hex"));
    if (!options.help) return options;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(1);
  }
}

const options = readOptionsOrExit();
const stopping = new AbortController();
// One for every lane.
setMaxListeners(0, stopping.signal);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    if (!stopping.signal.aborted) console.log("\nstopping …");
    stopping.abort();
  });

try {
  const root = path.resolve(import.meta.dirname, "../..");
  const result = await checkForOracle(root, options, (line) => console.log(line), stopping.signal);
  if (!result) process.exit(130);
  if (options.json) writeJson(options.json, result);
  console.log(`\n${formatTable(result)}\n`);
  process.exit(result.ok ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

// `npm run bench -- burst`: figures of the built product, from the outside.
import path from "node:path";
import { formatBurst, isGood, runBurst } from "./burst";
import { readBurstOptions, USAGE } from "./options";

try {
  const options = readBurstOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const root = path.resolve(import.meta.dirname, "../..");
  const result = await runBurst(root, options, (line) => console.log(line));
  console.log(`\n${formatBurst(result, options)}\n`);
  process.exit(isGood(result) ? 0 : 1);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(1);
}

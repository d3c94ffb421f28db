// `node local/run.mjs build`: builds the app when something it is made of has changed. For programs that need a
// build and are not the start.
import path from "node:path";
import { ensureBuilt } from "./supervise/build";

try {
  await ensureBuilt({
    root: path.resolve(import.meta.dirname, ".."),
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" },
    say: (line) => console.log(line),
    output: (chunk) => process.stderr.write(chunk),
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

// A start that builds, for tests that kill it: `run-build.ts <root>`.
import { ensureBuilt } from "../../../../local/supervise/build";

await ensureBuilt({
  root: process.argv[2] ?? "",
  env: process.env,
  say: (line) => console.log(line),
  output: (chunk) => process.stdout.write(chunk),
});

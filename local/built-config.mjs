// Loaded before `next start`: gives it the configuration that the build was made with, as the server of a standalone
// build is given it (the container image's). Otherwise each process has Next's compiler read next.config.ts again, and
// keeps the compiler: 29 MB resident (docs/decisions/033).
import { readFileSync } from "node:fs";

try {
  const { config } = JSON.parse(readFileSync(".next/required-server-files.json", "utf8"));
  process.env.__NEXT_PRIVATE_STANDALONE_CONFIG ??= JSON.stringify(config);
} catch {
  // No build, or another form of it: Next reads next.config.ts, and says what is missing.
}

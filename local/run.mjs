// `node local/run.mjs <program> [arguments]`: runs one of the programs that bundle.mjs knows.
import path from "node:path";
import { load, programOf } from "./bundle.mjs";

const root = path.resolve(import.meta.dirname, "..");
const [, , name = "", ...args] = process.argv;
try {
  // It finds its arguments where they were, had it been started itself.
  process.argv = [process.argv[0], path.join(root, programOf(name).entry), ...args];
  await load(root, name);
} catch (error) {
  console.error(error);
  process.exit(1);
}

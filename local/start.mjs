// `npm start` and `npm run dev`: installs what is missing, then hands over to up.ts in this very process.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { requireUsablePort } from "./app-port.mjs";
import { load } from "./bundle.mjs";
import { ensureInstalled, requireNode } from "./install.mjs";
import { explainDenied, giveAllToOwner } from "./ownership.mjs";

requireNode();
await requireUsablePort();
const root = path.resolve(fileURLToPath(new URL("..", import.meta.url)));
process.chdir(root);
/** @type {typeof import("./up.ts")} */
let program;
try {
  // Of earlier starts as root, and of one that was killed.
  giveAllToOwner(path.join(root, ".latchkey"));
  await ensureInstalled(root);
  program = await load(root, "up");
} catch (error) {
  console.error(explainDenied(error) ?? error.message);
  process.exit(1);
}
await program.up(root, process.argv.slice(2));

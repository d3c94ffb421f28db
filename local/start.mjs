// `npm start` and `npm run dev`: installs what is missing, then hands over to up.ts in this very process.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { requireUsablePort } from "./app-port.mjs";
import { load } from "./bundle.mjs";
import { ensureInstalled, requireNode } from "./install.mjs";

requireNode();
await requireUsablePort();
const root = path.resolve(fileURLToPath(new URL("..", import.meta.url)));
process.chdir(root);
try {
  await ensureInstalled(root);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
/** @type {typeof import("./up.ts")} */
const { up } = await load(root, "up");
await up(root, process.argv.slice(2));

// `npm run bench:web`: how heavy and how quick the pages are in a browser.
import { runCommand } from "../product/command";
import { readOptions, USAGE } from "./options";
import { formatTable } from "./report";
import { benchPages } from "./run";

await runCommand({ usage: USAGE, read: readOptions, run: benchPages, format: formatTable });

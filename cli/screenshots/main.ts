// `npm run screenshots`: every page in every state, as people see it.
import { runCommand } from "../product/command";
import { formatResult } from "./gallery";
import { readOptions, USAGE } from "./options";
import { takeScreenshots } from "./run";

await runCommand({ usage: USAGE, read: readOptions, run: takeScreenshots, format: formatResult });

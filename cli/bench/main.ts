// `npm run bench -- burst`: figures of the built product, from the outside.
import { runCommand } from "../product/command";
import { formatBurst, runBurst } from "./burst";
import { readBurstOptions, USAGE } from "./options";

await runCommand({ usage: USAGE, read: readBurstOptions, run: runBurst, format: formatBurst });

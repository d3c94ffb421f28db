// `npm run bench`: figures of the built product, from the outside.
import { type Command, readOrExit, runCommand } from "../product/command";
import { formatBurst, runBurst } from "./burst";
import { formatOpsBench, runOpsBench } from "./ops";
import { OPS_USAGE, readOpsOptions } from "./ops-options";
import {
  BURST_USAGE,
  FIGURES_USAGE,
  GROWTH_USAGE,
  PROFILE_USAGE,
  readBenchName,
  readBurstOptions,
  readFiguresOptions,
  readGrowthOptions,
  readProfileOptions,
  readSoakOptions,
  SOAK_USAGE,
} from "./options";
import { formatResult, runFigures, runGrowth, runProfile, runSoak } from "./run";

const { name, rest } = readOrExit(() => readBenchName(process.argv.slice(2)), FIGURES_USAGE);
const start = <Options extends { help: boolean; json: string | null }, Result extends { ok: boolean }>(
  command: Command<Options, Result>,
) => runCommand(command, rest);

if (name === "burst")
  await start({ usage: BURST_USAGE, read: readBurstOptions, run: runBurst, format: formatBurst });
if (name === "soak")
  await start({ usage: SOAK_USAGE, read: readSoakOptions, run: runSoak, format: formatResult });
if (name === "ops")
  await start({ usage: OPS_USAGE, read: readOpsOptions, run: runOpsBench, format: formatOpsBench });
if (name === "growth")
  await start({ usage: GROWTH_USAGE, read: readGrowthOptions, run: runGrowth, format: formatResult });
if (name === "profile")
  await start({ usage: PROFILE_USAGE, read: readProfileOptions, run: runProfile, format: formatResult });
await start({ usage: FIGURES_USAGE, read: readFiguresOptions, run: runFigures, format: formatResult });

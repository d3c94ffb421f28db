import type { Command } from "../command";
import { cancel } from "./cancel";
import { erase } from "./erase";
import { explain } from "./explain";
import { importUsers } from "./import-users";
import { active, failed, scheduled } from "./list";
import { replay } from "./replay";
import { stats } from "./stats";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  stats,
  active,
  scheduled,
  failed,
  explain,
  replay,
  cancel,
  erase,
  importUsers,
];

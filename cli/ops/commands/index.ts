import type { Command } from "../command";
import { cancel } from "./cancel";
import { erase } from "./erase";
import { explain } from "./explain";
import { importUsers } from "./import-users";
import { active, failed, scheduled } from "./list";
import { registered } from "./registered";
import { relay } from "./relay";
import { replay } from "./replay";
import { send } from "./send";
import { stats } from "./stats";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  registered,
  active,
  scheduled,
  failed,
  stats,
  send,
  explain,
  replay,
  cancel,
  erase,
  relay,
  importUsers,
];

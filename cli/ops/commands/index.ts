import type { Command } from "../command";
import { erase } from "./erase";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [erase];

// `npm run chaos`: breaks the built product in every way that may happen to it while people register, then looks whether
// a mail was lost or came twice.
import { randomBytes } from "node:crypto";
import { runCommand } from "../product/command";
import { readOptions, USAGE } from "./options";
import { formatTable } from "./report";
import { runChaos } from "./run";

await runCommand({
  usage: USAGE,
  read: (args) => readOptions(args, randomBytes(4).toString("hex")),
  run: runChaos,
  format: formatTable,
});

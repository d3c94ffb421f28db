// `npm run oracle-check`: can a stranger find out whether an address has an account? (promise P6)
import { randomBytes } from "node:crypto";
import { runCommand } from "../product/command";
import { readOptions, USAGE } from "./options";
import { formatTable } from "./report";
import { checkForOracle } from "./run";

await runCommand({
  usage: USAGE,
  read: (args) => readOptions(args, randomBytes(4).toString("hex")),
  run: checkForOracle,
  format: formatTable,
});

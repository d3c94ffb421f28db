// `npm run doctor`: what is wrong with this installation, and how to mend it.
import path from "node:path";
import { parseEnv } from "../../env";
import { createServices, type ProcessServices } from "../../services";
import { readCommandEnvironment } from "../ops/environment";
import { runDoctor } from "./run";

const root = path.resolve(import.meta.dirname, "../..");
const variables = readCommandEnvironment(root, process.env);
let services: ProcessServices | undefined;
// A proof of work is for strangers.
const open = () => {
  services = createServices(parseEnv({ ...variables, LOG_LEVEL: "silent", PROOF_OF_WORK: "off" }));
  return services;
};

const code = await runDoctor(process.argv.slice(2), variables, open, {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
await services?.notifications.close();
await services?.database.close();
process.exit(code);

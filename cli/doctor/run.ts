// From a command line to an exit code: asks all parts at once, says what they are like, and then sends.
import { parseArgs } from "node:util";
import type { Services } from "../../domain/services";
import { checkCanary } from "./canary";
import { checkDatabase } from "./database";
import { checkEngine } from "./engine";
import { checkEnvironment, type Variables } from "./environment";
import { describeFindings, exitCodeOf, type Finding, problem } from "./finding";
import { checkMail } from "./mail";
import { checkIntercom, checkWebhooks } from "./outside";
import { sendByProduct } from "./send";
import { checkTraces } from "./traces";

export type DoctorTerminal = { out(line: string): void; err(line: string): void };

/** EMAIL_QUEUE_DELAY, and the watchdog's wait for an engine that does not start what it took. */
const SEND_PATIENCE_SECONDS = 45;

const HELP = `npm run doctor [-- --send you@example.com] [--json]

Looks at the environment, the database, the engine, the way of a mail and, where they are set, the endpoints of our
webhooks, Intercom, the canary and the collector of traces, and says how to mend what is wrong. It reads what npm start
reads, and finds the product that runs on this machine by itself. Nothing is changed.

  --send <address>   sends a confirmation mail there by the running product: an unconfirmed registration called
                     doctor-… is made, which ends by itself after a day
  --json             prints { ok, findings } as one line of JSON and nothing else

Exit codes: 0 all is well or only to look at, 1 something is to mend, 2 the command line makes no sense.`;

/**
 * Runs the command. `open` makes the services, only for --send and only when the environment is whole. Never throws:
 * what goes wrong is a finding, or a sentence on standard error.
 */
export async function runDoctor(
  args: readonly string[],
  variables: Variables,
  open: () => Services,
  terminal: DoctorTerminal,
  sendPatienceSeconds = SEND_PATIENCE_SECONDS,
): Promise<0 | 1 | 2> {
  const options = readArguments(args);
  if (typeof options === "string") {
    terminal.err(`${options}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    terminal.out(HELP);
    return 0;
  }
  const findings = await examine(variables);
  if (options.send !== null)
    findings.push(...(await send(options.send, findings, open, sendPatienceSeconds)));
  const exitCode = exitCodeOf(findings);
  terminal.out(options.json ? JSON.stringify({ ok: exitCode === 0, findings }) : describeFindings(findings));
  return exitCode;
}

/** Everything but sending. */
export async function examine(variables: Variables): Promise<Finding[]> {
  const parts = await Promise.all([
    checkEnvironment(variables),
    checkDatabase(variables.DATABASE_URL),
    checkEngine(variables),
    checkMail(variables),
    checkWebhooks(variables),
    checkIntercom(variables),
    checkCanary(variables),
    checkTraces(variables),
  ]);
  return parts.flat();
}

async function send(
  to: string,
  findings: readonly Finding[],
  open: () => Services,
  patienceSeconds: number,
): Promise<Finding[]> {
  const isPossible = !findings.some(
    ({ part, level }) => level === "problem" && (part === "environment" || part === "database"),
  );
  const mend = "Mend the environment and the database first.";
  if (!isPossible) return [problem("send", "Nothing was sent.", mend)];
  try {
    return await sendByProduct(open(), { to, patienceSeconds });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return [problem("send", `Nothing was sent: ${cause instanceof Error ? cause.message : cause}`, mend)];
  }
}

type Options = { help: boolean; json: boolean; send: string | null };

/** A sentence when the command line makes no sense. */
function readArguments(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { help: { type: "boolean", short: "h" }, json: { type: "boolean" }, send: { type: "string" } },
    });
    if (values.send !== undefined && !/^[^\s@]+@[^\s@]+$/.test(values.send))
      return `"${values.send}" is no address.`;
    return { help: values.help ?? false, json: values.json ?? false, send: values.send ?? null };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

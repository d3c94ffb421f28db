// What runs beside the requests in every server process, and what ends with it.
import { availableParallelism } from "node:os";
import { setTimeout as delay, setImmediate as immediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { longestAttemptMs } from "../domain/email-delivery";
import { checkEnv, EnvironmentError } from "../env";
import { type ProcessServices, prepareTracing, services } from "../services";
import { closeWhenQuiet } from "./drain";
import { startForgetting } from "./forget";
import { startHousekeeping } from "./housekeeping";
import { endConnectionsAfterAnswers } from "./last-requests";
import { delayReadiness } from "./readiness";
import { startRelay } from "./relay";
import { startReporting } from "./reporting";
import { warmUp } from "./warm-up";
import { startWatchdog } from "./watchdog";

const FEW_PROCESSORS = 2;

const shared = globalThis as typeof globalThis & { latchkeyServerProcess?: true };

/**
 * Reads the environment first: a process that is not configured says what is missing, and ends. It is not ready before
 * `warmPages` is done either.
 */
export async function startServerProcess(warmPages: () => Promise<void>): Promise<void> {
  if (shared.latchkeyServerProcess) return;
  shared.latchkeyServerProcess = true;
  // V8 lets garbage grow to several times what is used before it looks (docs/decisions/033).
  setFlagsFromString("--heap-growing-percent=40");
  // Several threads that look through new objects wait for each other where processors are few.
  if (availableParallelism() <= FEW_PROCESSORS) setFlagsFromString("--no-parallel-scavenge");
  const process_ = await requireServices();
  const loops = [
    startRelay(process_),
    startWatchdog(process_),
    startHousekeeping(process_),
    startForgetting(process_),
    startReporting(process_),
  ];
  delayReadiness(Promise.allSettled([warmUp(process_), warmPages()]));
  // Before the signal: Next's own listener may be the first that hears of it.
  closeWhenQuiet();
  const stop = () => {
    process_.sending.stop();
    const work = Promise.all([...loops.map((loop) => loop.stop()), process_.sending.idle()]);
    holdExit(work, longestAttemptMs(process_.settings), async () => {
      // An attempt gives its place free, and only then ends its span.
      await immediate();
      await process_.tracer?.stop();
    });
    endConnectionsAfterAnswers();
    // Open event streams would keep Next waiting for its last requests until it is killed.
    void process_.notifications.close();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
}

/** Next logs an error of its start-up hook and goes on listening, with a 500 for everybody: so we end the process. */
async function requireServices(): Promise<ProcessServices> {
  try {
    await checkEnv();
    await prepareTracing();
    return services();
  } catch (error) {
    const said = error instanceof EnvironmentError ? error.message : String(error);
    process.stderr.write(`${said}\n`);
    process.exit(1);
  }
}

/**
 * Lets `work` end before the process does, within `limitMs`. Next lets requests finish, then calls process.exit() and
 * has no hook before that; a mail that is being handed over outside of a request would be cut off, and its delivery
 * would wait for the end of the lease. `last`: done when nothing else is left to do.
 */
function holdExit(work: Promise<unknown>, limitMs: number, last: () => Promise<void>): void {
  const exit = process.exit;
  const limit = delay(limitMs, undefined, { ref: false });
  const settled = Promise.race([work.catch(() => {}), limit]);
  process.exit = ((code?: number) => void settled.then(last).then(() => exit(code))) as typeof process.exit;
}

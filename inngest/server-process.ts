// What runs beside the requests in every server process, and what ends with it.
import { setTimeout as delay } from "node:timers/promises";
import { longestAttemptMs } from "../domain/email-delivery";
import { verifySignIn } from "../domain/password";
import { commonPasswords } from "../domain/password-rules";
import type { Services } from "../domain/services";
import { renderEmail } from "../emails/render";
import { EnvironmentError } from "../env";
import { LANGUAGES } from "../messages/languages";
import { type ProcessServices, services } from "../services";
import { startHousekeeping } from "./housekeeping";
import { endConnectionsAfterAnswers } from "./last-requests";
import { startRelay } from "./relay";
import { startWatchdog } from "./watchdog";

const shared = globalThis as typeof globalThis & { latchkeyServerProcess?: true };

/** Reads the environment first: a process that is not configured says what is missing, and ends. */
export function startServerProcess(): void {
  if (shared.latchkeyServerProcess) return;
  shared.latchkeyServerProcess = true;
  const process_ = requireServices();
  const loops = [startRelay(process_), startWatchdog(process_), startHousekeeping(process_)];
  void warmUp(process_);
  const stop = () => {
    process_.sending.stop();
    const work = Promise.all([...loops.map((loop) => loop.stop()), process_.sending.idle()]);
    holdExit(work, longestAttemptMs(process_.settings));
    endConnectionsAfterAnswers();
    // Open event streams would keep Next waiting for its last requests until it is killed.
    void process_.notifications.close();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
}

/** Next logs an error of its start-up hook and goes on listening, with a 500 for everybody: so we end the process. */
function requireServices(): ProcessServices {
  try {
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
 * would wait for the end of the lease.
 */
function holdExit(work: Promise<unknown>, limitMs: number): void {
  const exit = process.exit.bind(process);
  const limit = delay(limitMs, undefined, { ref: false });
  const settled = Promise.race([work.catch(() => {}), limit]);
  process.exit = ((code?: number) => void settled.then(() => exit(code))) as typeof process.exit;
}

/** The first hash and the first render of each mail cost many times the later ones: not at a person's expense. */
async function warmUp({ log }: Services): Promise<void> {
  try {
    await verifySignIn(null, "warm up", 0);
    await commonPasswords();
    // With the links that they have, in every language: how long a first one takes must not tell which it was.
    const url = "https://example.com/";
    for (const language of LANGUAGES) {
      await renderEmail("confirmation", { code: "000000", confirmUrl: url, notMeUrl: url, language });
      await renderEmail("existing_account", { signInUrl: url, notMeUrl: url, language });
    }
  } catch (error) {
    log.error(
      { err: error },
      "Warming up failed; the first requests will be slow, or fail for the same reason",
    );
  }
}

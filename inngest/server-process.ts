// What runs beside the requests in every server process, and what ends with it.
import { verifyAgainstNobody } from "../domain/password";
import type { Services } from "../domain/services";
import { renderEmail } from "../emails/render";
import { services } from "../services";
import { startRelay } from "./relay";
import { startWatchdog } from "./watchdog";

const shared = globalThis as typeof globalThis & { latchkeyServerProcess?: true };

/** Reads the environment first: a process that is not configured must not begin to listen (EnvironmentError). */
export function startServerProcess(): void {
  if (shared.latchkeyServerProcess) return;
  shared.latchkeyServerProcess = true;
  const process_ = services();
  const loops = [startRelay(process_), startWatchdog(process_)];
  void warmUp(process_);
  // Next lets requests finish and then exits; open event streams would keep it waiting until it is killed.
  const stop = () => {
    for (const loop of loops) void loop.stop();
    void process_.notifications.close();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
}

/** The first hash and the first render of each mail cost many times the later ones: not at a person's expense. */
async function warmUp({ log }: Services): Promise<void> {
  try {
    await verifyAgainstNobody("warm up");
    await renderEmail("confirmation", { code: "000000" });
    await renderEmail("existing_account", { signInUrl: "https://example.com/sign-in" });
  } catch (error) {
    log.error(
      { err: error },
      "Warming up failed; the first requests will be slow, or fail for the same reason",
    );
  }
}

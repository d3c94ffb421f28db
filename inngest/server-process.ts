// What runs beside the requests in every server process, and what ends with it.
import { services } from "../services";
import { startRelay } from "./relay";
import { startWatchdog } from "./watchdog";

const shared = globalThis as typeof globalThis & { latchkeyServerProcess?: true };

/** Reads the environment first: a process that is not configured must not begin to listen (EnvironmentError). */
export function startServerProcess(): void {
  if (shared.latchkeyServerProcess) return;
  shared.latchkeyServerProcess = true;
  startRelay(services());
  startWatchdog(services());
}

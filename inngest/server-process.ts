// What runs beside the requests in every server process, and what ends with it.
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
  // Next lets requests finish and then exits; open event streams would keep it waiting until it is killed.
  const stop = () => {
    for (const loop of loops) void loop.stop();
    void process_.notifications.close();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
}

// Runs a program that knows nothing of Node's channels, and ends it with us: `run-with-parent.mjs <program> [args]`.
// Whoever starts this makes it the head of a group: then nothing of the program is left when the parent is killed.
import { spawn } from "node:child_process";

/** From SIGTERM to SIGKILL, when the parent is gone: nobody else would send it. */
const STOP_TIMEOUT_MS = 3_000;

const [program, ...args] = process.argv.slice(2);
const child = spawn(program, args, {
  stdio: ["ignore", "inherit", "inherit"],
  // Windows runs npm.cmd by its shell only.
  shell: program.endsWith(".cmd"),
});
let isAlone = false;
const stop = () => child.kill("SIGTERM");
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, stop);
const stopAlone = () => {
  isAlone = true;
  stop();
  setTimeout(killAll, STOP_TIMEOUT_MS);
};
if (process.connected === false) stopAlone();
else process.on("disconnect", stopAlone);
child.once("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
child.once("exit", (code, signal) => {
  // What it has started itself goes too.
  if (isAlone) killAll();
  process.exit(code ?? (signal ? 1 : 0));
});

function killAll() {
  if (process.platform === "win32") child.kill("SIGKILL");
  else process.kill(-process.pid, "SIGKILL");
}

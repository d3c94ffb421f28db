// A second Ctrl-C: what cannot wait is killed, and what has a server of its own takes it along.
import { expect, test } from "vitest";
import { createPart } from "../../../local/supervise/part";
import { isPortFree, launchOnFreePorts } from "../../../local/supervise/ports";

/** Stays until a signal comes, and says when one came that can be heard. */
const PROGRAM = `
  process.on("SIGTERM", () => { console.log("stops its server"); setTimeout(() => process.exit(0), 50); });
  process.send({ type: "ready", url: "", pid: process.pid });
  setInterval(() => {}, 1000);
`;

async function killOne(isSupervisor: boolean): Promise<string> {
  let said = "";
  let pid = 0;
  const part = createPart({
    name: "a part",
    args: () => ["-e", PROGRAM],
    env: process.env,
    cwd: process.cwd(),
    readyTimeoutMs: 30_000,
    stopTimeoutMs: 30_000,
    onReady: (ready) => {
      pid = ready.pid;
    },
    output: (chunk) => {
      said += chunk;
    },
    say: () => {},
    isSupervisor,
  });
  await part.start();
  part.kill();
  await expect.poll(() => isThere(pid), { timeout: 10_000 }).toBe(false);
  return said;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a part that is killed is gone at once", async () => {
  expect(await killOne(false)).toBe("");
});

test("a supervisor that is killed stops its server first", async () => {
  expect(await killOne(true)).toBe("stops its server\n");
});

/** Has a child that listens, as `next dev` has, and never says that it is ready. */
const NEVER_READY = `
  const child = require("node:child_process").spawn(process.execPath, ["-e", \`
    require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); });
  \`], { stdio: "inherit" });
  setInterval(() => {}, 1000);
`;

test("a part that is not ready in time is told as that, and goes with all that it started", async () => {
  let said = "";
  const part = createPart({
    name: "a part",
    args: () => ["-e", NEVER_READY],
    env: process.env,
    cwd: process.cwd(),
    readyTimeoutMs: 5_000,
    stopTimeoutMs: 30_000,
    onReady: () => {},
    output: (chunk) => {
      said += chunk;
    },
    say: () => {},
  });
  // Whoever launches on a port does not take the child for a stranger that has taken it.
  const launch = launchOnFreePorts([6_400], () => part.start(), {
    say: (line) => {
      said += line;
    },
    signal: new AbortController().signal,
  });
  await expect(launch).rejects.toThrow("a part was not ready after 5 s");
  const port = Number(said);
  expect(port).toBeGreaterThan(0);
  await expect.poll(() => isPortFree(port), { timeout: 10_000 }).toBe(true);
});

// A second Ctrl-C: what cannot wait is killed, and what has a server of its own takes it along.
import { expect, test } from "vitest";
import { createPart } from "../../../local/supervise/part";

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

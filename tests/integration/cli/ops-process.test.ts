// `npm run ops` as a process of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { completeEnvironment } from "@/tests/support/environment";
import { useTestDatabase } from "@/tests/support/use-services";

const database = useTestDatabase();
const root = path.resolve(import.meta.dirname, "../../..");

function startOps(args: string[], { url = database.url, stdout = "pipe" as "pipe" | number } = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", "cli/ops/main.ts", ...args], {
    cwd: root,
    env: {
      ...process.env,
      ...completeEnvironment,
      NODE_ENV: "development",
      APP_URL: "http://localhost:3000",
      DATABASE_URL: url,
    },
    stdio: ["ignore", stdout, "pipe"],
  });
  const complaints: string[] = [];
  child.stderr?.on("data", (chunk) => complaints.push(String(chunk)));
  return {
    child,
    async ended() {
      const [code] = await once(child, "close");
      return { code, complaints: complaints.join("") };
    },
  };
}

test("who has seen enough of what a command prints (`| head -1`) ends nothing with an error", async () => {
  const { child, ended } = startOps(["stats"]);
  child.stdout?.destroy();
  expect(await ended()).toEqual({ code: 0, complaints: "" });
});

test.skipIf(!existsSync("/dev/full"))("what cannot be written is said, and no success", async () => {
  const full = openSync("/dev/full", "w");
  const { code, complaints } = await startOps(["stats"], { stdout: full }).ended();
  closeSync(full);
  expect(code).toBe(1);
  expect(complaints).toMatch(/^Not all of it could be written: ENOSPC.*\n$/);
});

// Ten seconds are waited for a database that may come.
test("a port that takes connections and drops them is a database that cannot be reached", {
  timeout: 60_000,
}, async () => {
  const drops = createServer((socket) => void socket.destroy());
  await once(drops.listen(0, "127.0.0.1"), "listening");
  const { port } = drops.address() as AddressInfo;
  const { code, complaints } = await startOps(["stats"], {
    url: `postgres://a:b@127.0.0.1:${port}/c`,
  }).ended();
  drops.close();
  expect(code).toBe(1);
  expect(complaints).toContain(`The database at 127.0.0.1:${port} cannot be reached`);
});

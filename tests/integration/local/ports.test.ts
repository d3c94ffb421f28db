// Ports that are chosen, not given: real sockets, and the real mail stand-in.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import type { Part } from "../../../local/supervise/part";
import { type Start, startMail } from "../../../local/supervise/parts";
import { choosePlan } from "../../../local/supervise/plan";
import { holdNextPort, holdPort, isPortFree, launchOnFreePorts } from "../../../local/supervise/ports";
import { openRunningFile } from "../../../local/supervise/processes";
import { readSecrets } from "../../../local/supervise/secrets";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const FIRST = 6_300;
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const options = (said: string[] = []) => ({
  say: (line: string) => {
    said.push(line);
  },
  signal: new AbortController().signal,
});

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      ends.push(() => new Promise((done) => server.close(done)));
      resolve(server);
    });
  });
}

test("however many ask for a port at the same moment, each gets another one, and it is theirs until they let go", async () => {
  const held = await Promise.all(Array.from({ length: 12 }, () => holdNextPort(FIRST)));
  ends.push(() => Promise.all(held.map((one) => one.release())));
  const ports = held.map(({ port }) => port);
  expect(new Set(ports).size).toBe(12);
  for (const port of ports) expect(await isPortFree(port)).toBe(false);
  const [first] = held;
  await first?.release();
  expect(await isPortFree(first?.port ?? 0)).toBe(true);
});

test("a port that another program listens on is not held, on whichever address that listens", async () => {
  const { port, release } = await holdNextPort(FIRST);
  await release();
  await listen(port);
  expect(await holdPort(port)).toBe(null);
});

test("a port that another program takes at the last moment is given up for the next one", async () => {
  const said: string[] = [];
  const tried: number[] = [];
  const launch = async ([port = 0]: number[]) => {
    tried.push(port);
    if (tried.length === 1) await listen(port);
    await listen(port);
    return port;
  };
  const port = await launchOnFreePorts([FIRST], launch, options(said));
  expect(tried).toEqual([tried[0], port]);
  expect(port).toBeGreaterThan(tried[0] ?? 0);
  expect(said).toEqual([`Another program was quicker to take port ${tried[0]}; trying others.`]);
});

test("a port that was lost and is free again by the time one looks is a reason to try another one all the same", async () => {
  let launches = 0;
  const launch = ([port = 0]: number[]) => {
    launches += 1;
    return launches < 3 ? Promise.reject(new Error("mail did not start (exit 98)")) : Promise.resolve(port);
  };
  expect(await launchOnFreePorts([FIRST], launch, options())).toBeGreaterThanOrEqual(FIRST);
  expect(launches).toBe(3);
});

test("a launch that fails for another reason is not tried again", async () => {
  let launches = 0;
  const launch = () => {
    launches += 1;
    return Promise.reject(new Error("out of memory"));
  };
  await expect(launchOnFreePorts([FIRST], launch, options())).rejects.toThrow("out of memory");
  expect(launches).toBe(1);
});

test("mail stand-ins of products that start at the same moment all come up, and come back on their own port", async () => {
  const products = await Promise.all([1, 2, 3].map(() => startMailOf(makeStart())));
  const urls = products.map(({ url }) => url);
  expect(new Set(urls).size).toBe(3);
  for (const { dir } of products)
    expect(statSync(path.join(dir, "running.json")).mode & 0o077, "others may read it").toBe(0);

  const [one] = products;
  const before = readMail(one?.dir ?? "");
  process.kill(before.pid, "SIGKILL");
  await vi.waitFor(() => expect(readMail(one?.dir ?? "").pid).not.toBe(before.pid), {
    timeout: 60_000,
    interval: 100,
  });
  expect(readMail(one?.dir ?? "")).toMatchObject({ url: before.url, smtp_url: before.smtp_url });
}, 120_000);

test("a stand-in whose port another program takes while it is down comes back on another one, and who knows it is told", async () => {
  const start = makeStart();
  const told: (string | null)[] = [];
  start.onMoved.push(() => told.push(start.addresses.mailUrl));
  const { url, dir } = await startMailOf(start);
  const said = vi.spyOn(console, "log").mockImplementation(() => {});
  process.kill(readMail(dir).pid, "SIGKILL");
  await vi.waitFor(() => listen(Number(new URL(url).port)), { timeout: 10_000, interval: 10 });
  await vi.waitFor(() => expect(told).toHaveLength(1), { timeout: 60_000, interval: 100 });
  expect(told).toEqual([readMail(dir).url]);
  expect(told[0]).not.toBe(url);
  // It does not try the lost one first, and after that wait for longer.
  const tries = said.mock.calls
    .map(([line]) => String(line))
    .filter((line) => /starting it again/.test(line));
  expect(tries).toEqual(["mail ended (killed by SIGKILL); starting it again in 0.5 s"]);
}, 120_000);

function readMail(dir: string): { url: string; smtp_url: string; pid: number } {
  return JSON.parse(readFileSync(path.join(dir, "running.json"), "utf8")).mail;
}

function makeStart(): Start {
  const dir = mkdtempSync(path.join(tmpdir(), "latchkey-ports-"));
  ends.push(() => rmSync(dir, { recursive: true, force: true }));
  const parts: Part[] = [];
  ends.push(() => Promise.all(parts.map((part) => part.stop())));
  return {
    root: ROOT,
    dir,
    isDev: false,
    plan: choosePlan({}, false),
    secrets: readSecrets(dir),
    port: 1,
    heldPort: { port: 1, release: async () => {} },
    appUrl: "http://localhost:1",
    devServer: null,
    running: openRunningFile(dir),
    signal: new AbortController().signal,
    parts,
    programs: [],
    addresses: { databaseUrl: "", mailUrl: null, engineUrl: null },
    onMoved: [],
  };
}

async function startMailOf(start: Start): Promise<{ url: string; dir: string }> {
  const { url } = await startMail(start);
  return { url, dir: start.dir };
}

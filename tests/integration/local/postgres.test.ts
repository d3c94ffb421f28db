// The database stand-in as a process: what it does when others are killed, in the way, or there at the same time.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import postgres from "postgres";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../..");
type Ready = { url: string; port: number; pid: number };

const supervisors = new Set<Supervisor>();

class Supervisor {
  readonly process: ChildProcess;
  output = "";

  constructor(dir: string, ...args: string[]) {
    this.process = spawn(process.execPath, ["local/run.mjs", "postgres", "--dir", dir, ...args], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on("data", (chunk) => {
        this.output += chunk;
      });
    supervisors.add(this);
  }

  ready(): Promise<Ready> {
    return new Promise((resolve, reject) => {
      this.process.once("message", (message) => resolve(message as Ready));
      this.process.once("exit", (code) => reject(new Error(`exit ${code}: ${this.output}`)));
    });
  }

  end(signal: NodeJS.Signals): Promise<number | null> {
    const ended = this.ended();
    this.process.kill(signal);
    return ended;
  }

  ended(): Promise<number | null> {
    const { exitCode, signalCode } = this.process;
    if (exitCode !== null || signalCode !== null) return Promise.resolve(exitCode);
    return new Promise((resolve) => this.process.once("exit", resolve));
  }
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function query<T>(url: string, run: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 4, onnotice: () => {}, connect_timeout: 5 });
  try {
    return await run(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

// One set of files for most tests: making them is what takes longest.
const dir = mkdtempSync("/var/tmp/latchkey-test-");
// Open, so that the files are inside of it also for root, whose server runs as somebody else.
chmodSync(dir, 0o755);

afterEach(async () => {
  for (const supervisor of supervisors) await supervisor.end("SIGTERM");
  supervisors.clear();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("the database stand-in", () => {
  test("answers on loopback alone, to its password alone, in UTF-8, and writes to disk before it says so", async () => {
    const { url, port } = await new Supervisor(dir).ready();
    expect(new URL(url).hostname).toBe("127.0.0.1");
    const settings = await query(url, async (sql) => {
      const names = [
        "listen_addresses",
        "fsync",
        "synchronous_commit",
        "full_page_writes",
        "server_encoding",
      ];
      const rows = await sql`select name, setting from pg_settings where name in ${sql(names)}`;
      return Object.fromEntries(rows.map((row) => [row.name, row.setting]));
    });
    expect(settings).toEqual({
      listen_addresses: "127.0.0.1",
      fsync: "on",
      synchronous_commit: "on",
      full_page_writes: "on",
      server_encoding: "UTF8",
    });
    const wrong = `postgres://latchkey:wrong@127.0.0.1:${port}/latchkey`;
    await expect(query(wrong, (sql) => sql`select 1`)).rejects.toMatchObject({ code: "28P01" });
  });

  test("loses nothing it has acknowledged when it is killed, and says that it ended", async () => {
    const first = new Supervisor(dir);
    const { url, port, pid } = await first.ready();
    const acknowledged: number[] = [];
    await query(url, async (sql) => {
      await sql`create table written (n integer primary key)`;
      const writers = [0, 1, 2, 3].map(async (writer) => {
        for (let n = writer; ; n += 4) {
          await sql`insert into written values (${n})`;
          acknowledged.push(n);
        }
      });
      const ends = Promise.allSettled(writers);
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(200), { timeout: 20_000 });
      process.kill(pid, "SIGKILL");
      expect((await ends).every((end) => end.status === "rejected")).toBe(true);
    });
    expect(await first.ended()).toBe(1);
    expect(first.output).toContain("ended unexpectedly");

    const second = await new Supervisor(dir, "--port", String(port)).ready();
    expect(second.url).toBe(url);
    const rows = await query(url, (sql) => sql<{ n: number }[]>`select n from written`);
    const kept = new Set(rows.map((row) => row.n));
    expect(acknowledged.filter((n) => !kept.has(n))).toEqual([]);
  });

  test("is taken over by the next start when its supervisor was killed", async () => {
    const first = new Supervisor(dir);
    const orphan = await first.ready();
    await first.end("SIGKILL");
    const second = new Supervisor(dir);
    expect(await second.ready()).toMatchObject({ pid: orphan.pid, url: orphan.url });
    await second.end("SIGTERM");
    expect(isAlive(orphan.pid)).toBe(false);
  });

  test("an orphan that is shutting down is waited for", async () => {
    const first = new Supervisor(dir);
    const orphan = await first.ready();
    await first.end("SIGKILL");
    // A smart shutdown waits for its clients: it is going for as long as this connection lives.
    const sql = postgres(orphan.url, { max: 1, onnotice: () => {} });
    await sql`select 1`;
    process.kill(orphan.pid, "SIGTERM");
    const second = new Supervisor(dir);
    const ready = second.ready();
    await vi.waitFor(() => expect(second.output).toContain("waiting for the database server"), {
      timeout: 20_000,
    });
    await sql.end();
    const { pid, url } = await ready;
    expect(pid).not.toBe(orphan.pid);
    expect(await query(url, async (it) => (await it`select 1 as one`)[0]?.one)).toBe(1);
  });

  test("ends with its parent", async () => {
    const supervisor = new Supervisor(dir);
    const { pid } = await supervisor.ready();
    supervisor.process.disconnect();
    expect(await supervisor.ended()).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  test("stopped while it starts it leaves no server behind", async () => {
    const supervisor = new Supervisor(dir);
    const file = path.join(dir, "postgres/postmaster.pid");
    const pid = await vi.waitFor(
      () => {
        const found = Number(readFileSync(file, "utf8").split("\n")[0]);
        expect(found).toBeGreaterThan(0);
        return found;
      },
      { timeout: 20_000, interval: 1 },
    );
    expect(await supervisor.end("SIGTERM")).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  test("starts although the number in a left-over pid file now belongs to another program", async () => {
    writeFileSync(
      path.join(dir, "postgres/postmaster.pid"),
      `${process.pid}\n${dir}/postgres\n1\n1\n\n\n\nready\n`,
    );
    const { pid } = await new Supervisor(dir).ready();
    expect(pid).not.toBe(process.pid);
  });

  test("takes the next free port when its own was taken, and waits for it when clients know it", async () => {
    const first = new Supervisor(dir);
    const { port } = await first.ready();
    await first.end("SIGTERM");
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(port, "127.0.0.1", resolve));
    const second = new Supervisor(dir);
    expect((await second.ready()).port).toBeGreaterThan(port);
    await second.end("SIGTERM");
    const third = new Supervisor(dir, "--port", String(port));
    const ready = third.ready();
    await vi.waitFor(() => expect(third.output).toContain(`waiting for port ${port}`), { timeout: 20_000 });
    stranger.close();
    expect((await ready).port).toBe(port);
  });

  test("two starts at once share one server, and the last to leave stops it", async () => {
    const fresh = mkdtempSync("/var/tmp/latchkey-test-");
    try {
      const both = [new Supervisor(fresh), new Supervisor(fresh)] as const;
      const [one, two] = await Promise.all(both.map((supervisor) => supervisor.ready()));
      if (!one || !two) throw new Error("two were started");
      expect(one).toEqual(two);
      await both[0].end("SIGTERM");
      expect(await query(two.url, async (sql) => (await sql`select 1 as one`)[0]?.one)).toBe(1);
      await both[1].end("SIGTERM");
      expect(isAlive(two.pid)).toBe(false);
    } finally {
      for (const supervisor of supervisors) await supervisor.end("SIGTERM");
      rmSync(fresh, { recursive: true, force: true });
    }
  });
});

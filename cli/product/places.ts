// Where a run lives: a temporary folder, a build, and an environment without anything of this machine's.
import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseEnv } from "node:util";

export type Folder = {
  /** Postgres' own. */
  data: string;
  /** The inbox's own. */
  mail: string;
  logs: string;
  /** Keeps the logs in `target`, replacing what is there. */
  keepLogs(target: string): void;
  remove(): void;
};

export function makeFolder(): Folder {
  const dir = mkdtempSync(path.join(tmpdir(), "latchkey-chaos-"));
  // Run by root, Postgres is another user, who must be able to get in.
  chmodSync(dir, 0o711);
  const [data, mail, logs] = [path.join(dir, "data"), path.join(dir, "mail"), path.join(dir, "logs")];
  mkdirSync(logs);
  return {
    data,
    mail,
    logs,
    keepLogs(target) {
      rmSync(target, { recursive: true, force: true });
      mkdirSync(path.dirname(target), { recursive: true });
      cpSync(logs, target, { recursive: true });
    },
    remove() {
      // Where Postgres could not get in, it lives elsewhere, and left a note.
      for (const name of existsSync(data) ? readdirSync(data) : []) {
        if (!name.startsWith("postgres.home-")) continue;
        const home = readFileSync(path.join(data, name), "utf8").trim();
        if (path.basename(home).startsWith("latchkey-")) rmSync(home, { recursive: true, force: true });
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const KEPT = ["PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL", "TZ", "SystemRoot"];
const ENV_FILES = [".env", ".env.local", ".env.production", ".env.production.local"];

/** An environment that holds `own` and what programs need to run; what Next would read from env files is emptied. */
export function isolatedEnvironment(root: string, own: Record<string, string>): NodeJS.ProcessEnv {
  const files = ENV_FILES.map((name) => path.join(root, name)).filter((file) => existsSync(file));
  const named = files.flatMap((file) => Object.keys(parseEnv(readFileSync(file, "utf8"))));
  const kept = KEPT.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(named.map((name) => [name, ""])),
    NODE_ENV: "production",
    NEXT_TELEMETRY_DISABLED: "1",
    ...own,
  };
}

/** Builds the app when its sources have changed since the last build. Throws a sentence when that fails. */
export async function ensureBuild(root: string): Promise<void> {
  const child = spawn(process.execPath, ["local/run.mjs", "build"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", resolve);
  });
  if (code !== 0) throw new Error("There is no build to try: see above.");
}

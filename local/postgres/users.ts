// Supervisors that use one server at the same time, e.g. two runs of the tests: the last one to leave stops it.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { giveToOwner, makeFolder } from "../ownership.mjs";
import { markOf } from "../processes.mjs";
import { commandOf } from "./postmaster";

/** How they are run: see local/run.mjs. */
const SUPERVISOR = "run.mjs postgres";

/** Notes that this process uses the server. */
export function enter(users: string): void {
  makeFolder(users);
  const file = path.join(users, String(process.pid));
  writeFileSync(file, markOf(users));
  giveToOwner(file);
}

/** Takes the note back. True when nobody else uses the server; those that were killed do not count. */
export function leave(users: string): boolean {
  rmSync(path.join(users, String(process.pid)), { force: true });
  if (!existsSync(users)) return true;
  const others = readdirSync(users).filter((name) => {
    const file = path.join(users, name);
    // A note with another mark came with a copy of another folder, and is of that one's server.
    if (readOrEmpty(file) === markOf(users) && commandOf(Number(name)).includes(SUPERVISOR)) return true;
    rmSync(file, { force: true });
    return false;
  });
  return others.length === 0;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // its supervisor has just taken it back
  }
}

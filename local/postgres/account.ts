// As whom Postgres runs (it refuses to run as root), and what that user can reach.
import { readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

/** A user of this machine; null where we already are an ordinary one. */
export type Account = { uid: number; gid: number } | null;

/**
 * Whom the server runs as when we are root: the ordinary user whose clone this is, so that this one can start it too;
 * otherwise postgres where there is one, else nobody. No users are made, and one that this machine has no entry for (a
 * folder of another machine, mounted here) does not do: Postgres wants to know its name.
 */
export function chooseAccount(uid: number | undefined, passwd: string, owner: Account = null): Account {
  if (uid !== 0) return null;
  const entries = passwd.split("\n").map((line) => line.split(":"));
  const isKnown = owner && entries.some(([, , userId]) => userId === String(owner.uid));
  if (owner && owner.uid !== 0 && isKnown) return { uid: owner.uid, gid: owner.gid };
  for (const name of ["postgres", "nobody"]) {
    const [, , userId, groupId] = entries.find(([entry]) => entry === name) ?? [];
    if (userId && groupId) return { uid: Number(userId), gid: Number(groupId) };
  }
  throw new Error(
    "Postgres does not run as root, and this machine has neither a user postgres nor nobody. Set DATABASE_URL instead.",
  );
}

/** For the database of `dir`. */
export function accountFor(dir: string): Account {
  const uid = process.getuid?.();
  if (uid !== 0) return null;
  return chooseAccount(uid, readFileSync("/etc/passwd", "utf8"), statSync(resolveExisting(dir)));
}

/** True when `account` may go into `target` (or where it will be made) and every folder above it. */
export function isReachable(target: string, account: Account): boolean {
  if (!account) return true;
  for (let current = resolveExisting(target); ; current = path.dirname(current)) {
    const { mode, uid, gid } = statSync(current);
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
    if (((mode >> shift) & 0o1) === 0) return false;
    if (current === path.dirname(current)) return true;
  }
}

/** The real path of the deepest part of `target` that exists. */
function resolveExisting(target: string): string {
  for (let current = path.resolve(target); ; current = path.dirname(current))
    try {
      return realpathSync(current);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
}

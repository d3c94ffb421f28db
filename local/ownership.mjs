// Root may start a clone that somebody else owns, who must be able to go on with it afterwards: what root makes goes to
// whoever owns the folder that it lies in. Whoever owns a clone decides what root runs in it, so root gives nothing
// away by this. Plain JavaScript: the install needs it as well as the start.
import { accessSync, constants, lchownSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";

const isRoot = () => process.getuid?.() === 0;

/**
 * Gives one file or folder to the owner of the folder it lies in. Does nothing unless we are root and that is somebody
 * else, or when it is gone.
 * @param {string} file
 */
export function giveToOwner(file) {
  if (!isRoot()) return;
  const { uid, gid } = lstatSync(path.dirname(file));
  if (uid === 0 || lstatSync(file, { throwIfNoEntry: false })?.uid !== 0) return;
  try {
    lchownSync(file, uid, gid);
  } catch (error) {
    // Somebody else has just taken its place, such as another start's.
    if (!isCode(error, "ENOENT")) throw error;
  }
}

/**
 * The same for everything in a folder, itself first. What is not root's, such as a database of user postgres, is left
 * alone with all that is in it.
 * @param {string} folder
 */
export function giveAllToOwner(folder) {
  if (!isRoot() || !lstatSync(folder, { throwIfNoEntry: false })) return;
  giveToOwner(folder);
  const owner = lstatSync(folder, { throwIfNoEntry: false });
  if (!owner?.isDirectory() || owner.uid === 0) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name);
    if (!entry.isDirectory()) giveToOwner(inside);
    else if ([0, owner.uid].includes(lstatSync(inside, { throwIfNoEntry: false })?.uid ?? -1))
      giveAllToOwner(inside);
  }
}

/**
 * Makes a folder and those above it that are missing, and gives them to the owner of where they begin.
 * @param {string} folder
 * @param {number} [mode]
 */
export function makeFolder(folder, mode) {
  const first = mkdirSync(folder, mode === undefined ? { recursive: true } : { recursive: true, mode });
  if (first !== undefined) giveAllToOwner(first);
}

/**
 * Throws a sentence that says how to mend it, when something in a folder that we shall write cannot be used: before
 * the work that would fail in the middle. A folder that is not there is well.
 * @param {string} folder
 * @param {{ depth: number }} options how far below it: 0 is the folder alone.
 */
export function requireWritable(folder, { depth }) {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (!found || found.isSymbolicLink() || isRoot()) return;
  try {
    accessSync(
      folder,
      found.isDirectory() ? constants.W_OK | constants.R_OK | constants.X_OK : constants.W_OK,
    );
  } catch {
    throw new Error(sayNotWritable(folder));
  }
  if (!found.isDirectory() || depth === 0) return;
  for (const name of readdirSync(folder)) requireWritable(path.join(folder, name), { depth: depth - 1 });
}

/**
 * The sentence for an error of the file system that says we may not; null for any other error.
 * @param {unknown} error
 * @returns {string | null}
 */
export function explainDenied(error) {
  if (!["EACCES", "EPERM", "EROFS"].some((code) => isCode(error, code))) return null;
  const file = error instanceof Error && "path" in error ? error.path : undefined;
  return typeof file === "string" ? sayNotWritable(file) : null;
}

/** @param {string} file */
function sayNotWritable(file) {
  const shown = path.relative(process.cwd(), file);
  const name = shown.startsWith("..") ? file : shown || ".";
  const owner = ownerOf(file);
  const own = process.getuid?.();
  if (own === undefined || owner === null || owner.uid === own)
    return `${name} cannot be read and written. Make it so, or start from a place where files can be written.`;
  const by =
    owner.uid === 0 ? "root, perhaps by a start as root" : `another user of this machine (${owner.uid})`;
  return `${name} cannot be read and written: it belongs to ${by}. To take back all of it: sudo chown -R ${nameOfUs(own)} "${owner.top}"`;
}

/**
 * Whose it is, or the folder where it would be, and what to take back: all of the clone, or what lies elsewhere. Null
 * when nothing can be seen.
 * @param {string} file
 */
function ownerOf(file) {
  const here = process.cwd();
  for (let current = path.resolve(file); ; current = path.dirname(current)) {
    const uid = uidOf(current);
    const isInside = current === here || current.startsWith(`${here}${path.sep}`);
    if (uid !== null) return { uid, top: isInside ? here : current };
    if (current === path.dirname(current)) return null;
  }
}

/** @param {string} file */
function uidOf(file) {
  try {
    return lstatSync(file).uid;
  } catch {
    return null;
  }
}

/** @param {number} uid */
function nameOfUs(uid) {
  try {
    return userInfo().username;
  } catch {
    return String(uid); // without an entry in /etc/passwd
  }
}

/**
 * Whether the system refused with this code, such as ENOENT.
 * @param {unknown} error @param {string} code
 */
export const isCode = (error, code) => error instanceof Error && "code" in error && error.code === code;

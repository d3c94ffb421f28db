// Plain JavaScript without dependencies: it runs before there are any.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const NODE_MIN = [20, 19];

/** Ends the process with a sentence when this Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  console.error(`Latchkey needs Node ${NODE_MIN.join(".")} or later; this is ${process.versions.node}.`);
  process.exit(1);
}

/**
 * Installs what the lock file lists, unless that was done and finished before. The stamp is written last, so an
 * interrupted install is done again. Throws when npm fails.
 */
export function ensureInstalled(root) {
  const lockHash = createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
  const stamp = path.join(root, "node_modules", ".latchkey-installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockHash) return false;
  console.log("Installing packages (a minute or two, once) …");
  const started = Date.now();
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const result = spawnSync(npm, ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
    // What `npm start` and `npm test` themselves set must not reach the install.
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^npm_(config_(global|prefix|omit|production|include)|lifecycle|package)/i.test(name),
      ),
    ),
  });
  if (result.error) throw new Error(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0)
    throw new Error(`npm ci failed (exit ${result.status ?? result.signal}); its output is above.`);
  writeFileSync(stamp, lockHash);
  console.log(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
  return true;
}

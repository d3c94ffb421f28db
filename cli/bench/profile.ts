// What a registration's processor time goes to, until its mail is accepted: by package and by room of this repository.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { SourceMap } from "node:module";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Figure, Section } from "./figures";
import {
  addShares,
  type CallFrame,
  type CpuProfile,
  ownerOfFile,
  shareOut,
  WATCHING,
} from "./profile-shares";
import { type Bench, measureRegistration, partsOf } from "./registration";

/** What each process of ours needs so that it can be profiled, and where the profiles go. */
export function profiled(root: string): { folder: string; env: Record<string, string> } {
  const folder = path.join(root, ".latchkey/profiles");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return { folder, env: { NODE_OPTIONS: `--import=${HOOK}`, PROFILE_DIR: folder } };
}

const HOOK = new URL("./profile-hook.mjs", import.meta.url).href;

const ROOMS = ["app", "cli", "components", "db", "domain", "emails", "inngest", "local", "messages"];
/** Below so much of the whole, an owner goes with the others. */
const WORTH_A_LINE = 0.015;
const PATIENCE_MS = 60_000;

/** Profiles the apps and the engine while `people` register; the files stay in `folder`, for Chromium's own viewer. */
export async function measureProfile(
  bench: Bench,
  people: number,
  { root, folder }: { root: string; folder: string },
): Promise<Section[]> {
  const parts = partsOf(bench.product).filter(({ name }) => name === "apps" || name === "engine");
  const toggle = () => {
    for (const { pid } of parts) process.kill(pid, "SIGUSR2");
  };
  // The first ones compile what they go through.
  await measureRegistration(bench, 100);
  toggle();
  const { figures } = await measureRegistration(bench, people);
  toggle();
  const pids = parts.map(({ pid }) => pid);
  for (const deadline = Date.now() + PATIENCE_MS; !pids.every((pid) => existsSync(fileOf(folder, pid))); ) {
    if (Date.now() > deadline) throw new Error("A process wrote no profile.");
    await delay(250);
  }
  const ownerOf = ownersIn(root);
  const sharesOf = (name: string) =>
    addShares(
      parts
        .filter((part) => part.name === name)
        .map(({ pid }) => shareOut(readProfile(fileOf(folder, pid)), ownerOf)),
    );
  return [
    { title: "Registering, while it is watched", figures },
    { title: "Whose time it is: the apps, beside their hashes", figures: asFigures(sharesOf("apps")) },
    { title: "Whose time it is: the local engine", figures: asFigures(sharesOf("engine")) },
  ];
}

const fileOf = (folder: string, pid: number) => path.join(folder, `${pid}.cpuprofile`);
const readProfile = (file: string): CpuProfile => JSON.parse(readFileSync(file, "utf8"));

/** Largest first, as percent of what the processes' own threads did. */
function asFigures(shares: ReadonlyMap<string, number>): Figure[] {
  const all = [...shares.values()].reduce((sum, us) => sum + us, 0);
  const lines = [...shares].sort(([, a], [, b]) => b - a);
  const named = lines.filter(([, us]) => us >= all * WORTH_A_LINE);
  const rest = lines.filter(([, us]) => us < all * WORTH_A_LINE);
  const others = rest.reduce((sum, [, us]) => sum + us, 0);
  return [...named, [`${rest.length} others`, others] as const].map(([name, us]) => ({
    name,
    value: (100 * us) / all,
    unit: "%",
    digits: 1,
  }));
}

/** Whose a frame is; what was built is looked up in its source map. */
function ownersIn(root: string): (frame: CallFrame) => string | null {
  const maps = new Map<string, SourceMap | null>();
  const mapOf = (file: string): SourceMap | null => {
    const known = maps.get(file);
    if (known !== undefined) return known;
    const map = existsSync(`${file}.map`)
      ? new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")))
      : null;
    maps.set(file, map);
    return map;
  };
  return ({ url, lineNumber, columnNumber }) => {
    if (!url || url.startsWith("node:")) return null;
    if (url === HOOK) return WATCHING;
    const file = url.startsWith("file:") ? fileURLToPath(url) : url;
    // Packages are what they are; only what was bundled has to be looked up.
    const map = file.includes("/node_modules/") ? null : mapOf(file);
    if (!map) return ownerOfFile(path.relative(root, file), ROOMS);
    const entry = map.findEntry(lineNumber, columnNumber);
    const source = "originalSource" in entry ? decodeURIComponent(entry.originalSource) : "";
    return ownerOfFile(path.resolve(path.dirname(file), source), ROOMS) ?? "the bundles";
  };
}

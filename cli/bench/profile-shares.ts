// Whose a processor profile's time is. Pure.

/** A function as V8 names it; `url` is empty for what is written in C++, `node:…` for Node's own. */
export type CallFrame = { functionName: string; url: string; lineNumber: number; columnNumber: number };

/** As the inspector's `Profiler.stop` answers: `timeDeltas` are microseconds, one for each sample. */
export type CpuProfile = {
  nodes: readonly { id: number; callFrame: CallFrame; children?: readonly number[] }[];
  samples: readonly number[];
  timeDeltas: readonly number[];
};

export const NODE_ITSELF = "Node itself";
export const GARBAGE = "collecting garbage";
/** Owner of what watching itself costs, which is left out. */
export const WATCHING = "watching";

/** Microseconds by owner, idle time left out. What Node does (a socket's write, a promise's hooks) is on whoever asked. */
export function shareOut(
  { nodes, samples, timeDeltas }: CpuProfile,
  /** A package or a room; null for Node's own. */
  ownerOf: (frame: CallFrame) => string | null,
): Map<string, number> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const owners = new Map<number, string>();
  const ownerOfNode = (id: number): string => {
    const known = owners.get(id);
    if (known !== undefined) return known;
    const frame = frames.get(id);
    const parent = parents.get(id);
    const own = frame ? ownerOf(frame) : null;
    const found = own ?? (parent === undefined ? NODE_ITSELF : ownerOfNode(parent));
    owners.set(id, found);
    return found;
  };
  const shares = new Map<string, number>();
  samples.forEach((id, index) => {
    const name = frames.get(id)?.functionName;
    if (name === "(idle)") return;
    const owner = name === "(garbage collector)" ? GARBAGE : ownerOfNode(id);
    if (owner === WATCHING) return;
    shares.set(owner, (shares.get(owner) ?? 0) + (timeDeltas[index] ?? 0));
  });
  return shares;
}

/** The package or the room of this repository that a file belongs to, by its path; null where it is nobody's. */
export function ownerOfFile(file: string, rooms: readonly string[]): string | null {
  const inPackages = file.lastIndexOf("node_modules/");
  if (inPackages >= 0) {
    const [first = "", second = ""] = file.slice(inPackages + "node_modules/".length).split("/");
    // As drizzle-orm's source maps have it.
    if (first === "src") return "drizzle-orm";
    return first.startsWith("@") ? `${first}/${second}` : first;
  }
  const room = file.split("/").find((part) => rooms.includes(part));
  return room ? `ours: ${room}/` : null;
}

/** Several processes' shares as one. */
export function addShares(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const shares of all) for (const [owner, us] of shares) sum.set(owner, (sum.get(owner) ?? 0) + us);
  return sum;
}

// What Next's router in the browser says of the page it shows, in a header of its own. Next answers 500 to one that it
// cannot read, and writes a stack into its log, for everybody who sends one. Pure.

/** Deeper than any page here, and far from what a stack holds. */
const DEPTH_MAX = 20;
/** Next's own bound. */
const LENGTH_MAX = 40_000;
const PARAMETERS = new Set(["c", "oc", "d", ...["c", "d"].flatMap(intercepted)]);
const MARKERS = new Set<unknown>(["refetch", "inside-shared-layout", "metadata-only", null, undefined]);

/** Headers by which Next's router asks for a part of a page. Without them it is asked for whole. */
export const ROUTER_HEADERS: ReadonlySet<string> = new Set([
  "rsc",
  "next-router-state-tree",
  "next-router-prefetch",
  "next-router-segment-prefetch",
  "next-hmr-refresh",
  "next-url",
]);

/** Whether Next can read it (its flightRouterStateSchema); a little stricter, since who is refused gets the whole page. */
export function isRouterState(header: string): boolean {
  if (header.length > LENGTH_MAX) return false;
  try {
    return isTree(JSON.parse(decodeURIComponent(header)), 0);
  } catch {
    return false;
  }
}

function isTree(value: unknown, depth: number): boolean {
  if (!Array.isArray(value) || value.length < 2 || value.length > 6 || depth > DEPTH_MAX) return false;
  const [segment, children, path, marker, hints, more] = value as unknown[];
  return (
    isSegment(segment) &&
    isRecord(children) &&
    Object.values(children).every((child) => isTree(child, depth + 1)) &&
    isOr(path, (pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isString)) &&
    MARKERS.has(marker) &&
    isOr(hints, (number) => typeof number === "number") &&
    (more === undefined || isString(more))
  );
}

function isSegment(value: unknown): boolean {
  if (isString(value)) return true;
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [name, key, kind, siblings] = value as unknown[];
  const areNames = siblings === null || (Array.isArray(siblings) && siblings.every(isString));
  return isString(name) && isString(key) && PARAMETERS.has(String(kind)) && isString(kind) && areNames;
}

const isString = (value: unknown): value is string => typeof value === "string";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isOr = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || value === null || is(value);

function intercepted(kind: string): string[] {
  return ["(..)(..)", "(.)", "(..)", "(...)"].map((from) => `${kind}i${from}`);
}

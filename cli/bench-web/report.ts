// The visits of a run as figures, a verdict and a table. Pure.
import type { Visit } from "./measure";

export type PageFigures = { path: string; line: string; visits: number } & Visit;

export type Result = { ok: boolean; pages: PageFigures[]; wrong: string[] };

/** Of /register, compressed (docs/decisions/012; tests/e2e/weight.spec.ts holds it too). */
export const SCRIPT_BUDGET_BYTES = 120_000;

/** The middle of each figure; the least when their number is even. */
export function middleOf(visits: readonly Visit[]): Visit {
  const middle = (name: keyof Visit) => {
    const values = visits.map((visit) => visit[name]).sort((a, b) => a - b);
    return values[Math.floor((values.length - 1) / 2)] ?? 0;
  };
  return {
    firstByteMs: middle("firstByteMs"),
    firstPaintMs: middle("firstPaintMs"),
    largestPaintMs: middle("largestPaintMs"),
    // One visit in which something jumps is one too many.
    layoutShift: Math.max(...visits.map((visit) => visit.layoutShift)),
    blockingMs: middle("blockingMs"),
    bytes: middle("bytes"),
    scriptBytes: middle("scriptBytes"),
    requests: middle("requests"),
  };
}

/** What is judged: that nothing moves, and the weight of /register. */
export function judge(pages: readonly PageFigures[]): Result {
  const wrong = pages.flatMap(({ path, line, layoutShift, scriptBytes }) => [
    ...(layoutShift > 0
      ? [`${path} (${line}): something moved while it built up, ${layoutShift.toFixed(3)}`]
      : []),
    ...(path === "/register" && scriptBytes > SCRIPT_BUDGET_BYTES
      ? [
          `${path} (${line}): ${kilobytes(scriptBytes)} of scripts are more than ${kilobytes(SCRIPT_BUDGET_BYTES)}`,
        ]
      : []),
  ]);
  return { ok: wrong.length === 0, pages: [...pages], wrong };
}

const COLUMNS: readonly [string, (page: PageFigures) => string][] = [
  ["page", ({ path }) => path],
  ["line", ({ line }) => line],
  ["first byte", ({ firstByteMs }) => milliseconds(firstByteMs)],
  ["first paint", ({ firstPaintMs }) => milliseconds(firstPaintMs)],
  ["LCP", ({ largestPaintMs }) => milliseconds(largestPaintMs)],
  ["CLS", ({ layoutShift }) => layoutShift.toFixed(3)],
  ["TBT", ({ blockingMs }) => milliseconds(blockingMs)],
  ["scripts", ({ scriptBytes }) => kilobytes(scriptBytes)],
  ["all", ({ bytes }) => kilobytes(bytes)],
  ["requests", ({ requests }) => String(requests)],
];

export function formatTable({ pages, wrong }: Result): string {
  const rows = [COLUMNS.map(([name]) => name), ...pages.map((page) => COLUMNS.map(([, read]) => read(page)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isText = (column: number) => column < 2;
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
  return [...lines.map((line) => `  ${line}`), ...wrong.map((each) => `  ${each}`)].join("\n");
}

const milliseconds = (value: number) => `${Math.round(value)} ms`;
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;

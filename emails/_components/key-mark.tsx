// The app's mark (components/mark.tsx) in the cells of a table: no picture that a mail client could hold back. Where
// corners are not rounded (Outlook for Windows), it is a key with a square bow.
import type { CSSProperties } from "react";
import { color } from "./theme";

type Cell = { width: number; isInk?: boolean };
type Line = { height: number; cells: readonly Cell[] };

const SIZE = 28;
/** Edges of all cells, in px from the left: of the bow, the shaft, the short and the long tooth. */
const EDGES = [0, 6, 10, 12, 16, 18, SIZE] as const;

/** Below the bow: the shaft, and the two teeth that make it an L. */
const LINES: readonly Line[] = [
  { height: 3, cells: [{ width: 10 }, { width: 2, isInk: true }, { width: 16 }] },
  { height: 2, cells: [{ width: 10 }, { width: 6, isInk: true }, { width: 12 }] },
  { height: 3, cells: [{ width: 10 }, { width: 2, isInk: true }, { width: 16 }] },
  { height: 2, cells: [{ width: 10 }, { width: 8, isInk: true }, { width: 10 }] },
  { height: 4, cells: [{ width: SIZE }] },
];

export function KeyMark() {
  return (
    <table
      border={0}
      cellPadding="0"
      cellSpacing="0"
      role="presentation"
      width={SIZE}
      style={{ borderCollapse: "separate", tableLayout: "fixed", width: `${SIZE}px` }}
    >
      <tbody>
        {/* A fixed table takes its columns from its first row. */}
        <tr>
          {EDGES.slice(1).map((edge, index) => (
            <td key={edge} width={edge - (EDGES[index] ?? 0)} height={4} style={flat(4)} />
          ))}
        </tr>
        <tr>
          <td height={10} style={flat(10)} />
          <td
            colSpan={3}
            className="lk-bow"
            height={6}
            style={{ ...flat(6), border: `2px solid ${color.onAccent}`, borderRadius: "5px" }}
          />
          <td colSpan={2} height={10} style={flat(10)} />
        </tr>
        {LINES.map(({ height, cells }, line) => (
          <tr key={line}>{drawn(height, cells)}</tr>
        ))}
      </tbody>
    </table>
  );
}

function drawn(height: number, cells: readonly Cell[]) {
  let left = 0;
  return cells.map(({ width, isInk }) => {
    const [from, to] = [left, left + width];
    left = to;
    const columns = EDGES.filter((edge) => edge > from && edge <= to).length;
    return (
      <td
        key={to}
        colSpan={columns}
        className={isInk ? "lk-ink" : undefined}
        height={height}
        style={{ ...flat(height), ...(isInk ? { backgroundColor: color.onAccent } : {}) }}
      />
    );
  });
}

/** Not a line of text high. */
const flat = (height: number): CSSProperties => ({
  height: `${height}px`,
  padding: "0",
  fontSize: "0",
  lineHeight: "0",
});

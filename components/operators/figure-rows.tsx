"use client";
// The rows of a table of figures (why in the browser's part: delivery-rows.tsx).
import { Instant } from "./instant";

export type FigureRow = { startsAt: Date; cells: readonly string[] };

/** Rows for a <tbody>. */
export function FigureRows({ rows }: { rows: readonly FigureRow[] }) {
  return rows.map(({ startsAt, cells }) => (
    <tr key={startsAt.getTime()}>
      <th scope="row" className="py-1.5 pe-3 text-start font-normal">
        <Instant at={startsAt} />
      </th>
      {cells.map((cell, column) => (
        <td key={column} className="py-1.5 pe-3 whitespace-nowrap tabular-nums">
          {cell}
        </td>
      ))}
    </tr>
  ));
}

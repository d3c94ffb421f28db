"use client";
// The rows of a table of deliveries. As every long list of the operators it is a client component, though nothing in it
// needs a script: its rows then come as what they hold, where a server's would come twice, as a page and as a tree of
// elements, and making that tree takes longer than all else of such a page (docs/decisions/026).
import { Badge, type Tone } from "./badge";
import { CELL, WIDE_CELL } from "./delivery-cells";
import { Instant } from "./instant";

export type DeliveryRow = {
  id: string;
  address: string;
  /** What its box is for. */
  choose: string;
  status: string;
  tone: Tone;
  kind: string;
  attempts: string;
  provider: string | null;
  error: string;
  queuedAt: Date;
};

/** Rows for a <tbody>, each with a box `delivery` for the form around it. */
export function DeliveryRows({ rows, isChosen }: { rows: readonly DeliveryRow[]; isChosen: boolean }) {
  return rows.map((row) => <Row key={row.id} row={row} isChosen={isChosen} />);
}

function Row({ row, isChosen }: { row: DeliveryRow; isChosen: boolean }) {
  return (
    <tr className="hover:bg-sunken">
      <td className="p-0">
        <label className="flex min-h-11 cursor-pointer items-center justify-center">
          <span className="sr-only">{row.choose}</span>
          <input
            type="checkbox"
            name="delivery"
            value={row.id}
            defaultChecked={isChosen}
            className="size-4.5 accent-accent"
          />
        </label>
      </td>
      <th scope="row" className={`${CELL} text-start font-normal`}>
        <a
          href={`/ops/deliveries/${row.id}`}
          className="block truncate py-1.5 underline decoration-line-strong decoration-1 underline-offset-3 hover:decoration-2"
        >
          {row.address}
        </a>
        <span className="block text-small text-fg-muted lg:hidden">
          <Instant at={row.queuedAt} />
        </span>
      </th>
      <td className={CELL}>
        <Badge tone={row.tone} text={row.status} />
      </td>
      <td className={`${WIDE_CELL} text-small`}>{row.kind}</td>
      <td className={`${WIDE_CELL} text-small tabular-nums`}>{row.attempts}</td>
      <td className={`${WIDE_CELL} truncate text-small`}>{row.provider}</td>
      <td className={`${WIDE_CELL} text-small break-words text-fg-muted`}>{row.error}</td>
      <td className={`${WIDE_CELL} text-small`}>
        <Instant at={row.queuedAt} />
      </td>
    </tr>
  );
}

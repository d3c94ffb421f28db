// What the pages of one delivery and of one webhook have in common.
import type { ReactNode } from "react";
import { DoneNote } from "@/components/done-note";
import { Alert } from "@/components/ui/alert";
import { operatorTexts } from "@/messages/operators";
import { Panel } from "./parts";

/** What became of the form that leads back to this page: done, refused, or nothing yet. */
export function ActOutcome({ done, refusal }: { done: string | null; refusal: string | null }) {
  return (
    <>
      {done ? <DoneNote>{done}</DoneNote> : null}
      {refusal ? (
        <div className="mb-4">
          <Alert>{refusal}</Alert>
        </div>
      ) : null}
    </>
  );
}

export type Column = { title: string; look?: string };

/** A panel with a table that scrolls by itself where it is too wide; `none` where it has no rows. */
export function TablePanel({
  title,
  none,
  columns,
  rows,
}: {
  title: string;
  none: string;
  columns: readonly Column[];
  rows: readonly { key: string | number; cells: readonly ReactNode[] }[];
}) {
  return (
    <Panel title={title}>
      {rows.length === 0 ? (
        <p className="text-fg-muted">{none}</p>
      ) : (
        <div className="overflow-x-auto">
          <table className="w-full text-start text-small">
            <thead className="text-fg-muted">
              <tr>
                {columns.map((column) => (
                  <th key={column.title} scope="col" className="py-1.5 pe-4 text-start font-medium">
                    {column.title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {rows.map(({ key, cells }) => (
                <tr key={key} className="align-top">
                  {columns.map((column, index) => (
                    <td key={column.title} className={`py-2 pe-4 last:pe-0 ${column.look ?? ""}`}>
                      {cells[index]}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** How long something took; nothing while it is open. */
export function tellDuration({ startedAt, endedAt }: { startedAt: Date; endedAt: Date | null }): ReactNode {
  return endedAt
    ? operatorTexts().t("one.milliseconds", { ms: endedAt.getTime() - startedAt.getTime() })
    : null;
}

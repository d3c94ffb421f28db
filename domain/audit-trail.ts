// What was written down, as operators read it: newest first, a page at a time.
import { type AuditFilter, listAuditRows } from "@/db/audit-log";
import { type AuditLogRow, auditActor, auditType } from "@/db/schema";
import type { Services } from "./services";

export type { AuditFilter } from "@/db/audit-log";

export const AUDIT_TYPES = auditType.enumValues;
export const AUDIT_ACTORS = auditActor.enumValues;

const PAGE_SIZE = 50;

/** `older`: the cursor of the next page; null on the last one. */
export type AuditPage = { rows: AuditLogRow[]; older: string | null };

/** `cursor`: `older` of the page before; what is none of ours is taken as the first page. */
export async function browseAudit(
  services: Services,
  filter: AuditFilter,
  { cursor, size = PAGE_SIZE }: { cursor?: string | undefined; size?: number } = {},
): Promise<AuditPage> {
  const [, time, id] = CURSOR.exec(cursor ?? "") ?? [];
  const after = time && id ? { at: new Date(Number.parseInt(time, 36)), id: Number(id) } : undefined;
  const rows = await listAuditRows(services.db, filter, { after, limit: size + 1 });
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return { rows: shown, older: last && rows.length > size ? writeCursor(last) : null };
}

const CURSOR = /^([0-9a-z]{1,9})\.(\d{1,15})$/;

const writeCursor = ({ at, id }: AuditLogRow) => `${at.getTime().toString(36)}.${id}`;

// Which mails are notices: they tell an account something and carry no code. Every other kind belongs to a claim.
import { type AnyColumn, type SQL, sql } from "drizzle-orm";
import type { DeliveryKind } from "./schema";

const NOTICE_KINDS = ["password_changed"] as const satisfies readonly DeliveryKind[];
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export const isNoticeKind = (kind: DeliveryKind): kind is NoticeKind =>
  NOTICE_KINDS.some((notice) => notice === kind);

/** The same of a column. */
export const isNotice = (kind: AnyColumn | SQL): SQL =>
  sql`${kind} in (${sql.join(
    NOTICE_KINDS.map((notice) => sql`${notice}`),
    sql`, `,
  )})`;

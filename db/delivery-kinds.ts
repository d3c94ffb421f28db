// Which mails are about a registration that is not confirmed yet, and which go to an account. The first end with the
// claim and stand in for each other; each of the second has a purpose of its own.
import { eq, inArray, type SQL } from "drizzle-orm";
import { type DeliveryKind, deliveries, deliveryKind } from "./schema";

/** Mails to an account: they carry no code, and a confirmation does not end them. All others are a claim's. */
const NOTICE_KINDS = ["password_changed", "welcome"] as const satisfies readonly DeliveryKind[];
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export const isNoticeKind = (kind: DeliveryKind): kind is NoticeKind =>
  NOTICE_KINDS.some((notice) => notice === kind);

export const CLAIM_KINDS = deliveryKind.enumValues.filter((kind) => !isNoticeKind(kind));

export const isNotice = (): SQL => inArray(deliveries.kind, [...NOTICE_KINDS]);
export const isOfClaim = (): SQL => inArray(deliveries.kind, CLAIM_KINDS);

/** The mails in whose place one of this kind may stand. */
export const isOfPurpose = (kind: DeliveryKind): SQL =>
  isNoticeKind(kind) ? eq(deliveries.kind, kind) : isOfClaim();

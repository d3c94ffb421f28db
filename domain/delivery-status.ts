// Which state of a delivery may follow which: the one table (DESIGN.md section 5). Pure.
import type { DeliveryRow } from "@/db/schema";
import type { DeliveryStatus } from "./confirmation-state";

const NEXT = {
  queued: ["sending", "suppressed", "cancelled", "failed"],
  sending: ["sent", "retrying", "failed", "cancelled", "sending"], // `sending` again: taken over after a lost lease
  retrying: ["sending", "failed", "suppressed", "cancelled"],
  sent: ["delivered", "bounced", "complained", "suppressed", "failed"],
  delivered: ["complained", "bounced"], // some mailboxes accept first and bounce later (RFC 3461)
  failed: ["sent"], // the provider tells that it had taken the last attempt; a replay is another delivery (docs/decisions/021)
  bounced: [],
  complained: [],
  suppressed: [],
  cancelled: [],
} as const satisfies Record<DeliveryStatus, readonly DeliveryStatus[]>;

export function canMove(from: DeliveryStatus, to: DeliveryStatus): boolean {
  return (NEXT[from] as readonly DeliveryStatus[]).includes(to);
}

/** States from which another attempt may begin. */
export const OPEN_STATUSES = ["queued", "retrying", "sending"] as const satisfies readonly DeliveryStatus[];

export function isOpen(status: DeliveryStatus): boolean {
  return (OPEN_STATUSES as readonly DeliveryStatus[]).includes(status);
}

/** States that say that the provider has taken the mail. */
const TAKEN_STATUSES = [
  "sent",
  "delivered",
  "bounced",
  "complained",
] as const satisfies readonly DeliveryStatus[];

export function hasBeenTaken(status: DeliveryStatus): boolean {
  return (TAKEN_STATUSES as readonly DeliveryStatus[]).includes(status);
}

/**
 * How many of a delivery's tries are used up, the one under way included. An attempt whose worker died, and one that
 * was only too early for the provider's rate, are rows of the ledger but no tries.
 */
export function countTries(delivery: Pick<DeliveryRow, "attemptCount" | "lostCount" | "pacedCount">): number {
  return delivery.attemptCount - delivery.lostCount - delivery.pacedCount;
}

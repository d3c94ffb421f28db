// The owner of an address learns at most once a day that somebody tried to register with it. Further mails of that kind
// are withheld: the provider is asked as for any mail, and nobody gets it. Whoever registered must not see that: what
// becomes of such a mail is what would become of one to this mailbox (promise P6 goes before P8 here; docs/decisions/007).
import type { Executor } from "@/db/client";
import { findDelivery } from "@/db/deliveries";
import { isRehearsed, listDeliveryTimes, listSinkTimes, lockUnseenStandIns } from "@/db/owner-notices";
import { updateDelivery } from "@/db/provider-events";
import type { DeliveryRow } from "@/db/schema";
import { announceFailure } from "./delivery-failure";
import type { ProviderEvent } from "./provider-events";
import { passOnAt, showDeliveredAt, type Times } from "./withheld-times";

/** So many of the newest mails are looked at. */
const TIMES_OF_DOMAIN = 20;
const TIMES_OF_ALL = 50;

/**
 * The provider says that a withheld mail was delivered: to the provider's own sink, which is quick. It shows when a mail
 * to this mailbox would have arrived, or as what became of the mail that the owner did get. False for any other mail,
 * with which nothing is done.
 */
export async function settleWithheld(tx: Executor, delivery: DeliveryRow, now: Date): Promise<boolean> {
  if (!(await isRehearsed(tx, delivery.id))) return false;
  const notice = delivery.standsForId ? await findDelivery(tx, delivery.standsForId) : null;
  const change = changeAfter(notice);
  const times = await timesOf(tx, delivery);
  const at = showDeliveredAt({ now, sentAt: delivery.sentAt ?? now, times });
  await show(tx, delivery, { change, reasonCode: notice?.reasonCode ?? change }, { at, now });
  return true;
}

/**
 * The provider says what became of the mail that an owner got. Of what would have become of the others too, those that
 * stand for it show it in their own time: delays, what comes back, and the end of a delay. A complaint is one mail's.
 */
export async function passOn(
  tx: Executor,
  notice: DeliveryRow,
  { event, reasonCode }: { event: ProviderEvent["type"]; reasonCode: string },
  now: Date,
): Promise<void> {
  if (notice.kind !== "existing_account") return;
  if (event !== "delivered" && event !== "delayed" && event !== "bounced" && event !== "suppressed") return;
  for (const standIn of await lockUnseenStandIns(tx, notice.id, now)) {
    // One that waits for nothing else has its own event.
    if (event === "delivered" && standIn.reasonCode !== "delayed") continue;
    // A delay that shows already ends together with the other: a page cannot go back to before it.
    const isDelayShown = standIn.reasonCode === "delayed" && (standIn.endShownFrom ?? now) <= now;
    const drawn = passOnAt({
      now,
      noticeSentAt: notice.sentAt ?? now,
      sentAt: standIn.sentAt ?? now,
      notBefore: standIn.endShownFrom,
    });
    const at = isDelayShown ? now : drawn;
    await show(tx, standIn, { change: event, reasonCode }, { at, now });
  }
}

type Change = "delivered" | "delayed" | "bounced" | "suppressed";

function changeAfter(notice: DeliveryRow | null): Change {
  if (notice?.status === "bounced" || notice?.status === "suppressed") return notice.status;
  return notice?.status === "sent" && notice.reasonCode === "delayed" ? "delayed" : "delivered";
}

async function show(
  tx: Executor,
  delivery: DeliveryRow,
  { change, reasonCode }: { change: Change; reasonCode: string },
  { at, now }: { at: Date; now: Date },
): Promise<void> {
  // As of a mail to this mailbox, whoever owns it; once, however often its time is drawn.
  if ((change === "bounced" || change === "suppressed") && delivery.status !== change)
    await announceFailure(tx, delivery, { status: change, reason: reasonCode, now });
  await updateDelivery(tx, delivery.id, {
    endShownFrom: at,
    status: change === "delayed" ? "sent" : change,
    deliveredAt: change === "delivered" ? at : null,
    reasonCode: change === "delivered" ? null : reasonCode,
    reasonText: null,
    ...(change === "bounced" || change === "suppressed" ? { settledAt: at } : {}),
  });
}

async function timesOf(tx: Executor, { id, recipient }: DeliveryRow): Promise<Times> {
  const domain = recipient.slice(recipient.lastIndexOf("@") + 1);
  return {
    ofDomain: await listDeliveryTimes(tx, domain, TIMES_OF_DOMAIN),
    ofAll: await listDeliveryTimes(tx, null, TIMES_OF_ALL),
    ofSink: await listSinkTimes(tx, id, TIMES_OF_ALL),
  };
}

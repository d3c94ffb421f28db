// Deliveries that nobody works on any more although they are not settled: the engine gave up, never began, or the
// worker died. What becomes of them.
import { randomUUID } from "node:crypto";
import { endAbandonedAttempts } from "@/db/abandoned-attempts";
import { findDelivery } from "@/db/deliveries";
import { markFailed } from "@/db/delivery-leases";
import { findTraceparent, insertOutboxRow } from "@/db/outbox";
import { listOverdueDeliveries } from "@/db/overdue-deliveries";
import { addSeconds } from "./clock";
import { announceFailure } from "./delivery-failure";
import { countTries, isOpen } from "./delivery-status";
import { attemptDelivery } from "./email-delivery";
import { DELIVERY_REQUESTED } from "./events";
import type { Services } from "./services";
import { carryTrace } from "./tracing";

export type AfterRun = "settled" | "failed" | "continued";

/**
 * What becomes of a delivery whose run the engine has given up. The engine also counts what never reached us (the app
 * was down) as tries; while the ledger still has attempts left, a new run carries on, and only then is it `failed`.
 */
export async function settleAfterRun(services: Services, deliveryId: string): Promise<AfterRun> {
  const { db, clock, log } = services;
  return db.transaction(async (tx) => {
    const delivery = await findDelivery(tx, deliveryId);
    if (!delivery || !isOpen(delivery.status)) return "settled";
    const facts = { deliveryId, userId: delivery.userId, attempts: delivery.attemptCount };
    if (countTries(delivery) < delivery.maxAttempts) {
      const data = { userId: delivery.userId, deliveryId, ...carryTrace(services.tracing) };
      await insertOutboxRow(tx, { id: randomUUID(), name: DELIVERY_REQUESTED, data, createdAt: clock() }, 0);
      log.warn(
        facts,
        `The engine gave up on a delivery to user ${delivery.userId} that has attempts left; a new run carries on`,
      );
      return "continued";
    }
    const reason = { code: "worker_lost", text: "The last attempt did not come back" };
    if (!(await markFailed(tx, deliveryId, reason, clock()))) return "settled";
    await announceFailure(tx, delivery, {
      status: "failed",
      reason: delivery.reasonCode ?? reason.code,
      now: clock(),
      ...carryTrace(services.tracing),
    });
    log.error(facts, `Email to user ${delivery.userId} failed for good`);
    return "failed";
  });
}

const OVERDUE_AT_ONCE = 4;
const OVERDUE_BATCH = 100;

/**
 * Sends what was due more than `afterSeconds` ago and was not begun: the engine accepted an event and never ran it
 * (an app that is not registered, an engine that lost its state), or every worker died. Through the same lease as
 * everybody, so an engine that starts late finds it done. A process that is told to end begins no further one.
 * Returns how many deliveries were attempted.
 */
export async function deliverOverdue(services: Services, afterSeconds: number): Promise<number> {
  const dueBefore = addSeconds(services.clock(), -afterSeconds);
  const ids = await listOverdueDeliveries(services.db, dueBefore, OVERDUE_BATCH);
  if (ids.length > 0)
    services.log.warn({ deliveries: ids.length }, "Deliveries are overdue; this process sends them itself");
  const waiting = [...ids];
  let attempted = 0;
  const work = async () => {
    for (let id = waiting.shift(); id && !services.sending.isStopped(); id = waiting.shift()) {
      attempted++;
      await deliverOne(services, id);
    }
  };
  await Promise.all(Array.from({ length: OVERDUE_AT_ONCE }, work));
  return attempted;
}

async function deliverOne(services: Services, deliveryId: string): Promise<void> {
  const { tracing, db } = services;
  const cause = tracing.isOn ? await findTraceparent(db, deliveryId) : null;
  const facts = { "latchkey.delivery.id": deliveryId };
  await tracing.span("deliver overdue", { cause, facts }, () =>
    attemptDelivery(services, deliveryId, { hadPlace: true }),
  );
}

/** On top of EMAIL_TIMEOUT; a bit longer than a lease (email-delivery.ts). Who comes back later still writes his own account. */
const ABANDONED_MARGIN_SECONDS = 20;

/**
 * Gives an end to attempts whose workers died after somebody else had settled their delivery: a webhook, or a worker
 * that was slow. The ledger then says of every attempt what became of it.
 */
export async function closeLedger(services: Services): Promise<void> {
  const { db, clock, settings, log } = services;
  const now = clock();
  const ageSeconds = settings.emailTimeoutMs / 1000 + ABANDONED_MARGIN_SECONDS;
  const lost = await endAbandonedAttempts(db, addSeconds(now, -ageSeconds), now);
  if (lost > 0) log.warn({ attempts: lost }, "Attempts of settled deliveries never came back");
}

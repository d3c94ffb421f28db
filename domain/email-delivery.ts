// One attempt at one delivery: lease, render, send, record. Everything that ever sends a mail comes through here
// (engine, fallback, watchdog, operators), so a mail cannot go out twice however many of them try (promise P3).
import { randomUUID } from "node:crypto";
import { cancelOpenDeliveries, findDelivery } from "@/db/deliveries";
import { beginAttempt, endLostAttempt, findAttemptBefore, listAttempts } from "@/db/delivery-attempts";
import { isNoticeKind } from "@/db/delivery-kinds";
import { claimDelivery, keepLease, postponeDelivery } from "@/db/delivery-leases";
import { isSuppressed } from "@/db/provider-events";
import { inOneRoundTrip } from "@/db/round-trip";
import type { DeliveryAttemptRow, DeliveryRow } from "@/db/schema";
import { holdSending } from "@/db/send-pace";
import { findUser } from "@/db/users";
import { failure } from "@/emails/failures";
import type { OutgoingEmail, SendResult, Transport } from "@/emails/transport";
import {
  ACCEPTANCE_PATIENCE_SECONDS,
  type Attempt,
  recordAcceptance,
  recordFailure,
  recordUnwanted,
  type Withheld,
} from "./attempt-record";
import { addSeconds } from "./clock";
import { composeEmail, composeRehearsal, type Welcomed } from "./compose-email";
import type { DeliveryStatus } from "./confirmation-state";
import { countTries, isOpen } from "./delivery-status";
import { maskEmail } from "./email-address";
import { movesAtOnce } from "./failover";
import { isMailStopped } from "./mail-stop";
import { findNoticeOfDay } from "./mailed-addresses";
import { chooseTransport, FOUND_AWAY_SECONDS, noteHealth } from "./provider-health";
import { decidePacedWait } from "./retry-policy";
import { sendIntervalMs, takeSendLeave, type WaitForInstant } from "./send-pace";
import { leaseSeconds } from "./sending-lease";
import type { Services, Settings } from "./services";
import type { Span } from "./tracing";

/** Milliseconds after which an attempt has ended, whatever happened: a lease, and then the patience with the database. */
export function longestAttemptMs(settings: Settings): number {
  return (leaseSeconds(settings.emailTimeoutMs) + ACCEPTANCE_PATIENCE_SECONDS) * 1000;
}

/** A delivery whose workers die this often kills them; it is given up and shown, instead of killing more. */
const LOST_ATTEMPTS_MAX = 10;

/** Engines and clocks are this exact: a retry may begin so much before its time. */
const EARLY_SECONDS = 1;

export type AttemptResult =
  | { outcome: "sent"; attempt: number }
  /** Nothing to do: sent before, cancelled, or no such delivery (`status` null). */
  | { outcome: "settled"; status: DeliveryStatus | null }
  | { outcome: "retry"; attempt: number; at: Date; code: string }
  | { outcome: "failed"; attempt: number; code: string }
  /** Another worker is sending it; its lease ends at `until`. */
  | { outcome: "busy"; until: Date }
  /**
   * Not its time yet (the schedule's wait is not over), not its turn (EMAIL_RATE_LIMIT, EMAIL_CONCURRENCY), or not
   * this process, which is about to end; no attempt was begun, or one that the provider found too early, which used up
   * no try. Come back after the wait, with `dueAt` as `toldDueAt`.
   */
  | { outcome: "paced"; waitSeconds: number; dueAt: Date | null };

/**
 * Makes the next attempt at a delivery. Never throws for what the provider does; throws when the database is away.
 * A retry is made at its time, whoever asks earlier. `toldDueAt`: it was `paced` before with this `dueAt`, and has
 * waited for it by the clock of whoever kept it waiting. That clock is believed for this one time only: when somebody
 * else made that attempt meanwhile, the next one is due at another time. `hadPlace`: it need not queue for its turn.
 */
export function attemptDelivery(
  services: Services,
  deliveryId: string,
  { toldDueAt = null, hadPlace = toldDueAt !== null }: { toldDueAt?: Date | null; hadPlace?: boolean } = {},
): Promise<AttemptResult> {
  const facts = { "latchkey.delivery.id": deliveryId };
  return services.tracing.span("attempt delivery", { facts }, async (span) => {
    const result = await attemptInTurn(services, deliveryId, toldDueAt, hadPlace);
    describeAttempt(span, result);
    return result;
  });
}

function describeAttempt(span: Span, result: AttemptResult): void {
  span.add({
    "latchkey.outcome": result.outcome,
    "latchkey.delivery.attempt": "attempt" in result ? result.attempt : null,
  });
  if ("code" in result) span.fail(result.code);
}

async function attemptInTurn(
  services: Services,
  deliveryId: string,
  toldDueAt: Date | null,
  hadPlace: boolean,
): Promise<AttemptResult> {
  const { db, clock, settings, sending } = services;
  if (sending.isStopped()) return { outcome: "paced", waitSeconds: 1, dueAt: toldDueAt };
  if (settings.sendsPerSecond !== null || settings.concurrency !== null) {
    // A mail that is settled, or whose time has not come, must not use up a place in the queue.
    const known = await explainRefusedLease(services, deliveryId);
    const isEarly = known.outcome === "paced" && known.dueAt?.getTime() !== toldDueAt?.getTime();
    if (known.outcome === "settled" || isEarly) return known;
  }
  const leave = await takeSendLeave(services, hadPlace);
  if (!leave.granted) {
    const dueAt = await postponeDelivery(db, deliveryId, addSeconds(clock(), leave.dueInSeconds));
    return { outcome: "paced", waitSeconds: leave.waitSeconds, dueAt };
  }
  const result = await attemptNow(services, deliveryId, toldDueAt, leave.waitForInstant).finally(leave.leave);
  // Refused by the one provider, and the other one has not been asked yet.
  if (result.outcome === "retry" && result.at <= clock()) return attemptDelivery(services, deliveryId);
  return result;
}

async function attemptNow(
  services: Services,
  deliveryId: string,
  toldDueAt: Date | null,
  waitForInstant: WaitForInstant,
): Promise<AttemptResult> {
  const { log } = services;
  const claimed = await claimAndBegin(services, deliveryId, toldDueAt);
  if (!claimed) return explainRefusedLease(services, deliveryId);

  const { delivery, leaseToken, transport, history } = claimed;
  const attempt = countTries(delivery);
  const whom = `user ${delivery.userId} (${maskEmail(delivery.recipient)})`;
  const facts = {
    userId: delivery.userId,
    deliveryId,
    kind: delivery.kind,
    attempt,
    maxAttempts: delivery.maxAttempts,
    provider: transport.name,
  };
  if (claimed.tookOver)
    log.warn(facts, "The worker of the attempt before was lost; its delivery is taken over");
  log.info(facts, `Attempting to send email confirmation to ${whom}`);

  const result =
    delivery.lostCount > LOST_ATTEMPTS_MAX
      ? failure("worker_lost", { text: "The workers that tried to send this mail died" })
      : await sendOnce(services, claimed, waitForInstant);
  noteHealth(services, claimed, result);
  if (result === null) {
    const outcome = await explainRefusedLease(services, deliveryId);
    await recordUnwanted(services, delivery);
    log.info(facts, `Email to ${whom} not sent: it was settled, or taken over, while it waited for its turn`);
    return outcome;
  }
  const { withheld, noticeId } = claimed;
  if (result.outcome === "accepted" && withheld) {
    await recordAcceptance(services, delivery, result, withheld);
    log.info({ ...facts, standsForId: noticeId }, `Email to ${whom} withheld: ${WITHHELD_BECAUSE[withheld]}`);
    return { outcome: "sent", attempt };
  }
  if (result.outcome === "accepted") {
    await recordAcceptance(services, delivery, result);
    log.info({ ...facts, providerMessageId: result.providerMessageId }, `Email successfully sent to ${whom}`);
    return { outcome: "sent", attempt };
  }
  const { sendsPerSecond } = services.settings;
  const intervalMs = sendsPerSecond === null ? null : sendIntervalMs(sendsPerSecond);
  const pacedWaitSeconds = decidePacedWait(result, intervalMs, delivery.pacedCount);
  if (result.code === "rate_limited" && intervalMs !== null)
    await holdSending(services.db, pacedWaitSeconds ?? result.retryAfterSeconds ?? 1);
  const moveOn = services.failover !== null && movesAtOnce(result, history, transport.name);
  const underWay: Attempt = { delivery, leaseToken, attempt, facts };
  const { held, at } = await recordFailure(services, underWay, result, { moveOn, pacedWaitSeconds });
  if (!held) return explainRefusedLease(services, deliveryId);
  if (at && pacedWaitSeconds !== null)
    return { outcome: "paced", waitSeconds: Math.max(1, Math.ceil(pacedWaitSeconds)), dueAt: at };
  return at
    ? { outcome: "retry", attempt, at, code: result.code }
    : { outcome: "failed", attempt, code: result.code };
}

type Claimed = {
  delivery: DeliveryRow;
  leaseToken: string;
  tookOver: boolean;
  transport: Transport;
  /** The attempts before this one; empty without a second provider. */
  history: DeliveryAttemptRow[];
  /** The address must not be mailed again. */
  isBarred: boolean;
  /** Why nobody gets this mail, though the provider is asked as for any; null for every other mail. */
  withheld: Withheld | null;
  /** The mail that has told the owner within a day, when that is why and its rows are still there. */
  noticeId: string | null;
  welcomed: Welcomed;
};

const WITHHELD_BECAUSE: Record<Withheld, string> = {
  owner_told: "the owner has been told today",
  mail_stopped: "its reader asked for none (This wasn't me)",
};

/** Lease, choice of the provider and the attempt's row in one transaction; null when the lease was refused. */
async function claimAndBegin(
  services: Services,
  deliveryId: string,
  toldDueAt: Date | null,
): Promise<Claimed | null> {
  const leaseToken = randomUUID();
  return services.db.transaction(async (tx) => {
    // Read here, so that waiting for a connection does not make the attempt look older than its lease.
    const now = services.clock();
    const due = { before: addSeconds(now, EARLY_SECONDS), at: toldDueAt };
    const lease = { leaseToken, leaseSeconds: leaseSeconds(services.settings.emailTimeoutMs) };
    const delivery = await claimDelivery(tx, deliveryId, { ...lease, now, due });
    if (!delivery) return null;
    const [tookOver, history, before, told, isStopped, isBarred, welcomed] = await inOneRoundTrip([
      () => endLostAttempt(tx, deliveryId, now),
      () => (services.failover ? listAttempts(tx, deliveryId) : []),
      () =>
        services.failover ? findAttemptBefore(tx, delivery, addSeconds(now, -FOUND_AWAY_SECONDS)) : null,
      // Asked for every mail, so that one to an owner takes no longer (promise P6).
      () => findNoticeOfDay(services, tx, delivery, now),
      () => isMailStopped(services, tx, delivery.recipient),
      () => isSuppressed(tx, delivery.recipient),
      () => (delivery.kind === "welcome" ? findUser(tx, delivery.userId) : null),
    ]);
    const transport = chooseTransport(services, history, before);
    const isTold = told !== null && delivery.kind === "existing_account";
    // "This wasn't me" is about registrations: an account's owner is told of a changed password all the same.
    const isWanted = !isStopped || delivery.kind === "password_changed";
    const withheld = !isWanted ? "mail_stopped" : isTold ? "owner_told" : null;
    await beginAttempt(tx, {
      deliveryId,
      number: delivery.attemptCount,
      provider: transport.name,
      startedAt: now,
      isRehearsal: withheld !== null,
    });
    const noticeId = withheld === "owner_told" ? (told?.id ?? null) : null;
    return { delivery, tookOver, leaseToken, transport, history, isBarred, withheld, noticeId, welcomed };
  });
}

const ADDRESS_SUPPRESSED: SendResult = {
  outcome: "failed",
  class: "permanent",
  code: "address_suppressed",
  providerCode: null,
  providerText: "Mail to this address bounced or was complained about before",
  retryAfterSeconds: null,
};

/** Null when the mail is not wanted any more, or is another worker's: it was not handed over. */
async function sendOnce(
  services: Services,
  { transport, delivery, isBarred, withheld, noticeId, welcomed, leaseToken }: Claimed,
  waitForInstant: WaitForInstant,
): Promise<SendResult | null> {
  const { settings } = services;
  if (isBarred) return ADDRESS_SUPPRESSED;
  let email: OutgoingEmail;
  try {
    email = withheld
      ? await composeRehearsal(services, delivery)
      : await composeEmail(services, delivery, welcomed);
  } catch (error) {
    services.log.error({ err: error, deliveryId: delivery.id }, "Email could not be rendered");
    return failure("render_failed", { text: error instanceof Error ? error.message : String(error) });
  }
  // The person may have confirmed, resent or changed the address since the lease was taken.
  const isOurs = () => {
    const lease = {
      leaseToken,
      leaseSeconds: leaseSeconds(settings.emailTimeoutMs),
      now: services.clock(),
      standsForId: noticeId,
    };
    return keepLease(services.db, delivery.id, lease);
  };
  if (!(await waitForInstant(isOurs))) return null;
  const question: { error?: unknown } = {};
  // A slow server lets seconds pass before it is ready for the mail.
  const isStillOurs = () =>
    isOurs().catch((error: unknown) => {
      question.error = error;
      return false;
    });
  const handOver = withheld ? transport.rehearse : transport.send;
  const result = await services.tracing.span(
    `send by ${transport.name}`,
    {
      kind: "client",
      facts: {
        "latchkey.provider": transport.name,
        "latchkey.delivery.id": delivery.id,
        "latchkey.delivery.attempt": countTries(delivery),
      },
    },
    async (span) => {
      const said = await handOver(email, settings.emailTimeoutMs, isStillOurs);
      span.add({ "latchkey.outcome": said.outcome });
      if (said.outcome === "failed") {
        span.add({ "latchkey.error_class": said.class });
        span.fail(said.code);
      }
      return said;
    },
  );
  if (result.outcome === "unwanted") {
    if (question.error)
      throw new Error("Nobody knows whether a mail is still wanted", { cause: question.error });
    return null;
  }
  return result;
}

async function explainRefusedLease(services: Services, deliveryId: string): Promise<AttemptResult> {
  const { db, clock } = services;
  const delivery = await findDelivery(db, deliveryId);
  if (!delivery) return { outcome: "settled", status: null };
  if (!isOpen(delivery.status)) return { outcome: "settled", status: delivery.status };
  const now = clock();
  const user = await findUser(db, delivery.userId);
  const isClaimOver = !user || user.emailConfirmedAt !== null || user.claimExpiresAt <= now;
  if (isClaimOver && !isNoticeKind(delivery.kind)) {
    await cancelOpenDeliveries(
      db,
      [delivery.userId],
      user?.emailConfirmedAt ? "confirmed" : "claim_expired",
      now,
    );
    return { outcome: "settled", status: "cancelled" };
  }
  const dueAt = delivery.status === "retrying" ? delivery.nextAttemptAt : null;
  if (dueAt && dueAt > addSeconds(now, EARLY_SECONDS)) {
    const waitMs = dueAt.getTime() - now.getTime();
    return { outcome: "paced", waitSeconds: Math.max(1, Math.ceil(waitMs / 1000)), dueAt };
  }
  return { outcome: "busy", until: delivery.leaseUntil ?? delivery.nextAttemptAt ?? addSeconds(now, 1) };
}

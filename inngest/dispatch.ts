// Right after the transaction: hand the delivery to the engine, or send it here when the engine is away
// (DESIGN.md section 6). Decides how soon the mail goes out, never whether.

import { reasonSentence } from "../domain/delivery-reasons";
import { type AttemptResult, attemptDelivery } from "../domain/email-delivery";
import type { QueuedDelivery } from "../domain/registration";
import type { Services } from "../domain/services";
import { env } from "../env";
import { DEFAULT_LANGUAGE } from "../messages/languages";
import { engine, PUBLISH_LIMIT_MS, publishNow } from "./publish";
import { LATE } from "./send-events";

export type Dispatch =
  | { queued: true }
  | { queued: false; sent: true }
  /** Not out yet; `error` is why. The outbox row and the delivery stay, and something will take them over. */
  | { queued: false; sent: false; error: string };

/** Whatever happens, a request is answered within a second (promise P1); the rest of it is for writing the answer. */
const ANSWER_WITHIN_MS = 900;
/**
 * No mail is sent in less. One that is begun all the same outlives its request, and in a crowd these pile up until all
 * of them take too long: so it is left to the watchdog, which sends a few at once.
 */
const SEND_MIN_MS = 100;
/** What a mail takes on a busy machine. With less left, nothing is known that would be worth saying of a queue that is there. */
const SEND_USUAL_MS = 300;

/**
 * Never throws. `startedAt` (performance.now()) is when the request came: engine and provider together get what is
 * left of a second, and no more than the publish limit and EMAIL_SYNC_BUDGET. `isCrowded`: so many people wait that
 * an engine is late because we are; then nobody waits for a mail as well, unless the engine is thought to be away.
 */
export async function dispatchDelivery(
  services: Services,
  queued: QueuedDelivery,
  {
    startedAt,
    publishLimitMs = PUBLISH_LIMIT_MS,
    isCrowded = false,
  }: { startedAt: number; publishLimitMs?: number; isCrowded?: boolean },
): Promise<Dispatch> {
  const budgetMs = () =>
    Math.max(0, Math.min(env().EMAIL_SYNC_BUDGET * 1000, startedAt + ANSWER_WITHIN_MS - performance.now()));
  if (env().EMAIL_MODE === "async") {
    const publication = await publishNow(services, queued.event, { limitMs: publishLimitMs, isCrowded });
    if (publication.published) return { queued: true };
    const failed = {
      queued: false,
      sent: false,
      error: `Failed to queue email: ${publication.error}`,
    } as const;
    // An engine that is there, and late: the event is written, the call goes on, and what fails of it is the relay's.
    const isThere =
      publication.error === LATE && engine(services).breaker.state(services.clock()) === "closed";
    if (isThere && isCrowded) return { queued: true };
    const leftMs = budgetMs();
    if (leftMs < (isThere ? SEND_USUAL_MS : SEND_MIN_MS)) return isThere ? { queued: true } : failed;
    const attempt = await attemptWithinBudget(services, queued.deliveryId, leftMs);
    if (attempt?.outcome === "sent") return { queued: false, sent: true };
    return publication.hasComeThrough?.() ? { queued: true } : failed;
  }
  const attempt = await attemptWithinBudget(services, queued.deliveryId, budgetMs());
  if (attempt?.outcome === "sent") return { queued: false, sent: true };
  const reason =
    attempt && "code" in attempt
      ? reasonSentence(attempt.code, DEFAULT_LANGUAGE)
      : "The mail server has not answered yet.";
  return { queued: false, sent: false, error: `Failed to send email: ${reason}` };
}

/** Null when the budget ended first; the attempt then goes on and records its own result. */
async function attemptWithinBudget(
  services: Services,
  deliveryId: string,
  budgetMs: number,
): Promise<AttemptResult | null> {
  const attempt = attemptDelivery(services, deliveryId).catch((error: unknown) => {
    services.log.error({ err: error, deliveryId }, "Sending inside the request failed");
    return null;
  });
  let timer: NodeJS.Timeout | undefined;
  const budget = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), budgetMs);
  });
  const result = await Promise.race([attempt, budget]);
  clearTimeout(timer);
  return result;
}

// The order of steps of one email: a short pause, then attempts until it is settled. The rules are in domain/.
import { type Inngest, NonRetriableError, RetryAfterError } from "inngest";
import { type AttemptResult, attemptDelivery } from "../../domain/email-delivery";
import type { Services } from "../../domain/services";
import { settleAfterRun } from "../../domain/unfinished-deliveries";
import { deliveryRequested, parseDeliveryData, userRegistered } from "../events";

/** Between the answer and the first attempt the page shows "queued"; the engine sleeps whole seconds. */
const asDuration = (seconds: number) => `${Math.max(1, Math.round(seconds))}s` as const;

export function createSendConfirmationEmail(inngest: Inngest, services: () => Services) {
  const { queueDelaySeconds, retry, concurrency } = services().settings;
  const retryTimes = createRetryTimes();
  return inngest.createFunction(
    {
      id: "send-confirmation-email",
      name: "Send confirmation email",
      triggers: [userRegistered, deliveryRequested],
      retries: retriesOf(retry.maxAttempts),
      // Sleeping runs do not count, so the rest of a burst waits in the engine instead of in our processes.
      ...(concurrency === null ? {} : { concurrency: { limit: concurrency } }),
      onFailure: async ({ event, step }) => {
        const data = parseDeliveryData(event.data.event.data);
        if (!data) return { outcome: "no_delivery" };
        return step.run("settle", async () => ({
          outcome: await settleAfterRun(services(), data.deliveryId),
        }));
      },
    },
    async ({ event, step, runId, attempt }) => {
      if (queueDelaySeconds > 0) await step.sleep("settle", asDuration(queueDelaySeconds));
      for (let toldDueAt: Date | null = null; ; ) {
        const turnAt: Date | null = toldDueAt;
        const result: StepResult = await step.run("attempt-delivery", async () => {
          const retryAt = retryTimes.take(runId, attempt);
          const told = { toldDueAt: retryAt ?? turnAt, hadPlace: retryAt === null && turnAt !== null };
          const made = await attemptDelivery(services(), event.data.deliveryId, told);
          if (made.outcome === "retry") retryTimes.keep(runId, attempt + 1, made.at);
          return outcomeOrThrow(made);
        });
        if (result.waitSeconds === undefined) return result;
        toldDueAt = result.dueAt ? new Date(result.dueAt) : null;
        await step.sleep("wait-for-turn", asDuration(result.waitSeconds));
      }
    },
  );
}

/** What a step returns is kept by the engine: an outcome, a count and a time, nothing personal. */
type StepResult = { outcome: string; attempt?: number; waitSeconds?: number; dueAt?: string | null };

function outcomeOrThrow(result: AttemptResult): StepResult {
  switch (result.outcome) {
    case "paced":
      return {
        outcome: "paced",
        waitSeconds: result.waitSeconds,
        dueAt: result.dueAt?.toISOString() ?? null,
      };
    case "sent":
      return { outcome: "sent", attempt: result.attempt };
    case "settled":
      return { outcome: result.status ?? "gone" };
    // A Date is exact; seconds may come back up to one second early on a real server.
    case "retry":
      throw new RetryAfterError(`Attempt ${result.attempt} failed: ${result.code}`, result.at);
    case "busy":
      throw new RetryAfterError("Another worker is sending this email", result.until);
    case "failed":
      throw new NonRetriableError(`Attempt ${result.attempt} was the last: ${result.code}`);
  }
}

/** So many runs wait for a retry at once before the oldest is forgotten, and waits by our own clock instead. */
const RETRY_TIMES_MAX = 10_000;

/**
 * When each run was told to come back, by its attempt. The engine has waited for that by its own clock, which may have
 * been moved: coming back is the sign that the time is there. Kept by the process that told; another one asks its own
 * clock, which says the same unless the engine's was moved.
 */
function createRetryTimes() {
  const times = new Map<string, Date>();
  const keyOf = (runId: string, attempt: number) => `${runId}/${attempt}`;
  return {
    keep(runId: string, attempt: number, at: Date): void {
      times.set(keyOf(runId, attempt), at);
      const [oldest] = times.keys();
      if (times.size > RETRY_TIMES_MAX && oldest !== undefined) times.delete(oldest);
    },
    take(runId: string, attempt: number): Date | null {
      const key = keyOf(runId, attempt);
      const at = times.get(key) ?? null;
      times.delete(key);
      return at;
    },
  };
}

type Retries = NonNullable<Parameters<Inngest["createFunction"]>[0]["retries"]>;

/** The SDK's type lists 0 to 20; env.ts holds the same bounds. */
function retriesOf(maxAttempts: number): Retries {
  return (maxAttempts - 1) as Retries;
}

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
    async ({ event, step }) => {
      if (queueDelaySeconds > 0) await step.sleep("settle", asDuration(queueDelaySeconds));
      for (let toldDueAt: Date | null = null; ; ) {
        const told = { toldDueAt };
        const result: StepResult = await step.run("attempt-delivery", async () =>
          outcomeOrThrow(await attemptDelivery(services(), event.data.deliveryId, told)),
        );
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

type Retries = NonNullable<Parameters<Inngest["createFunction"]>[0]["retries"]>;

/** The SDK's type lists 0 to 20; env.ts holds the same bounds. */
function retriesOf(maxAttempts: number): Retries {
  return (maxAttempts - 1) as Retries;
}

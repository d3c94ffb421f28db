// The canary's order of steps (domain/canary.ts), where CANARY_TO names an address.
import { cron, type Inngest } from "inngest";
import { CANARY_PATIENCE_SECONDS, endCanary, noteCanaryAnswer, startCanary } from "../../domain/canary";
import type { Services } from "../../domain/services";
import { dispatchDelivery } from "../dispatch";

const EVERY_FIVE_MINUTES = "*/5 * * * *";
/** Looks after so many seconds each; the time to acceptance is the ledger's own, however late we look. */
const LOOKS_SECONDS = [5, 5, 20, 30, 60];

export function createCanary(inngest: Inngest, services: () => Services, to: string) {
  return inngest.createFunction(
    {
      id: "canary",
      name: "Canary",
      triggers: [cron(EVERY_FIVE_MINUTES)],
      retries: 0,
      concurrency: { limit: 1 },
    },
    async ({ step }) => {
      const { runId, isQueued } = await step.run("register", async () => {
        const startedAt = performance.now();
        const { runId, queued } = await startCanary(services(), to);
        if (queued) {
          await dispatchDelivery(services(), queued, { startedAt });
          await noteCanaryAnswer(services(), runId, performance.now() - startedAt);
        }
        return { runId, isQueued: queued !== null };
      });
      if (!isQueued) return { outcome: "not_registered" };
      let waited = 0;
      for (const [look, seconds] of [...LOOKS_SECONDS, CANARY_PATIENCE_SECONDS].entries()) {
        const wait = Math.min(seconds, CANARY_PATIENCE_SECONDS - waited);
        await step.sleep(`wait-${look}`, `${wait}s`);
        waited += wait;
        const isLast = waited >= CANARY_PATIENCE_SECONDS;
        const hasEnded = await step.run(`look-${look}`, () =>
          endCanary(services(), runId, { isPatient: !isLast }),
        );
        if (hasEnded) break;
      }
      return { outcome: "ended" };
    },
  );
}

// What server processes do beside their requests, once a minute through the engine: for hosts that freeze a process
// between requests, where no loop runs. Beside running loops it is harmless: rows and deliveries are leased.
import { cron, type Inngest } from "inngest";
import { purgeExpired } from "../../domain/retention";
import type { Services } from "../../domain/services";
import { closeLedger, deliverOverdue } from "../../domain/unfinished-deliveries";
import { env } from "../../env";
import { relayOutbox } from "../publish";

const EVERY_MINUTE = "* * * * *";
const EVERY_HOUR = "17 * * * *";
/** Of 100 events each: one run must end within a host's time limit. The next minute goes on. */
const BATCHES_PER_RUN = 20;

/** Publishes what waits in the outbox. */
export function createRelayOutbox(inngest: Inngest, services: () => Services) {
  return inngest.createFunction(
    { id: "relay-outbox", name: "Relay outbox", triggers: [cron(EVERY_MINUTE)], retries: 0 },
    async ({ step }) =>
      step.run("publish", async () => {
        let published = 0;
        for (let batch = 0; batch < BATCHES_PER_RUN; batch++) {
          const round = await relayOutbox(services());
          published += round.published;
          if (round.published === 0) break;
        }
        return { published };
      }),
  );
}

/** Sends what an engine accepted and never started. */
export function createDeliverOverdue(inngest: Inngest, services: () => Services) {
  return inngest.createFunction(
    { id: "deliver-overdue", name: "Deliver overdue emails", triggers: [cron(EVERY_MINUTE)], retries: 0 },
    async ({ step }) =>
      step.run("deliver", async () => {
        const attempted = await deliverOverdue(services(), env().EMAIL_WATCHDOG_AFTER);
        await closeLedger(services());
        return { attempted };
      }),
  );
}

/** Removes what is past its end date (domain/retention.ts): ended claims first, and all that goes with them. */
export function createPurgeExpired(inngest: Inngest, services: () => Services) {
  return inngest.createFunction(
    {
      id: "purge-expired-claims",
      name: "Purge expired claims and other old data",
      triggers: [cron(EVERY_HOUR)],
      retries: 1,
    },
    async ({ step }) => step.run("purge", () => purgeExpired(services())),
  );
}

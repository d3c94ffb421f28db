// Intercom hears of whoever confirmed, and forgets whoever was erased. What is said and kept is in domain/.
import { type Inngest, NonRetriableError, RetryAfterError } from "inngest";
import { IntercomError } from "../../domain/intercom";
import { eraseFromIntercom, syncUserToIntercom } from "../../domain/intercom-sync";
import type { Services } from "../../domain/services";
import { userConfirmed, userErased } from "../events";

/** By the engine's own waits some 14 hours, for an Intercom that is down. */
const RETRIES = 15;
/** Calls at once: a rush of confirmations must not use up what Intercom allows the whole workspace. */
const AT_ONCE = 5;

/** Only where there is a token. */
export function createSyncUserToIntercom(inngest: Inngest, services: () => Services) {
  return inngest.createFunction(
    {
      id: "sync-user-to-intercom",
      name: "Sync user to Intercom",
      triggers: [userConfirmed],
      retries: RETRIES,
      concurrency: { limit: AT_ONCE },
    },
    async ({ event, step }) =>
      step.run("save-contact", () =>
        asTold(services(), () => syncUserToIntercom(services(), intercomOf(services()), event.data.userId)),
      ),
  );
}

/** Everywhere: without a token its runs fail for all to see, and can be run again once there is one. */
export function createEraseFromIntercom(inngest: Inngest, services: () => Services) {
  return inngest.createFunction(
    {
      id: "erase-from-intercom",
      name: "Erase from Intercom",
      triggers: [userErased],
      retries: RETRIES,
      concurrency: { limit: AT_ONCE },
    },
    async ({ event, step }) =>
      step.run("delete-contact", () =>
        asTold(services(), () =>
          eraseFromIntercom(services(), intercomOf(services()), event.data, String(event.id)),
        ),
      ),
  );
}

function intercomOf({ intercom, log }: Services) {
  if (intercom) return intercom;
  log.error({}, "Somebody has to be told to Intercom, or erased there, and INTERCOM_ACCESS_TOKEN is not set");
  throw new NonRetriableError("INTERCOM_ACCESS_TOKEN is not set");
}

/** What Intercom wants, in the engine's words: come back at a time, never, or by the usual waits. */
async function asTold<Result>({ log }: Services, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof IntercomError)) throw error;
    const { isFinal, retryAt, status } = error.facts;
    // Bound to a clock that is not ours, so a Date: seconds may come back one early on a real server.
    if (retryAt) throw new RetryAfterError(error.message, retryAt, { cause: error });
    const isOurs = isFinal || status === 401 || status === 403;
    log[isOurs ? "error" : "warn"]({ status, isFinal }, error.message);
    if (isFinal) throw new NonRetriableError(error.message, { cause: error });
    throw error;
  }
}

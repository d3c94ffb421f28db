import type { Inngest } from "inngest";
import type { Services } from "../../domain/services";
import { createDeliverOverdue, createPurgeExpired, createRelayOutbox } from "./keep-up";
import { createSendConfirmationEmail } from "./send-confirmation-email";

/** Everything the engine may run for us. */
export function createFunctions(inngest: Inngest, services: () => Services) {
  return [
    createSendConfirmationEmail(inngest, services),
    createRelayOutbox(inngest, services),
    createDeliverOverdue(inngest, services),
    createPurgeExpired(inngest, services),
  ];
}

import type { Inngest } from "inngest";
import type { Services } from "../../domain/services";
import { createDeliverOverdue, createForgetLimits, createRelayOutbox } from "./keep-up";
import { createSendConfirmationEmail } from "./send-confirmation-email";

/** Everything the engine may run for us. */
export function createFunctions(inngest: Inngest, services: () => Services) {
  return [
    createSendConfirmationEmail(inngest, services),
    createRelayOutbox(inngest, services),
    createDeliverOverdue(inngest, services),
    createForgetLimits(inngest, services),
  ];
}

import type { Inngest } from "inngest";
import type { Services } from "../../domain/services";
import { createCanary } from "./canary";
import { createDeliverOverdue, createPurgeExpired, createRelayOutbox } from "./keep-up";
import { createSendConfirmationEmail } from "./send-confirmation-email";
import { createEraseFromIntercom, createSyncUserToIntercom } from "./sync-user-to-intercom";
import { createAnnounceEvent, createDeliverWebhook, createRequestOverdueWebhooks } from "./webhooks";

/** Everything the engine may run for us; what is not configured is not there. */
export function createFunctions(inngest: Inngest, services: () => Services) {
  const { intercom, webhooks, settings } = services();
  const { canaryTo } = settings;
  return [
    createSendConfirmationEmail(inngest, services),
    createRelayOutbox(inngest, services),
    createDeliverOverdue(inngest, services),
    createPurgeExpired(inngest, services),
    createEraseFromIntercom(inngest, services),
    ...(intercom ? [createSyncUserToIntercom(inngest, services)] : []),
    ...(webhooks
      ? [
          createAnnounceEvent(inngest, services),
          createDeliverWebhook(inngest, services),
          createRequestOverdueWebhooks(inngest, services),
        ]
      : []),
    ...(canaryTo === null ? [] : [createCanary(inngest, services, canaryTo)]),
  ];
}

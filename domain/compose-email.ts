// What a delivery's mail says. The only place where a code and its link are in clear, and only until the transport has it (promise P5).
import type { DeliveryRow } from "@/db/schema";
import { renderEmail } from "@/emails/render";
import type { OutgoingEmail } from "@/emails/transport";
import { deriveCode } from "./confirmation-code";
import { confirmUrl, deriveLink } from "./confirmation-link";
import type { Services } from "./services";

/** The mail of a delivery: the same bytes at every attempt, since providers refuse one key with two payloads. */
export async function composeEmail(services: Services, delivery: DeliveryRow): Promise<OutgoingEmail> {
  const { keys, settings } = services;
  const rendered =
    delivery.kind === "confirmation" && delivery.codeId
      ? await renderEmail("confirmation", {
          code: deriveCode(keys, delivery.codeId),
          confirmUrl: confirmUrl(settings.appUrl, deriveLink(keys, delivery.codeId)),
        })
      : await renderEmail("existing_account", { signInUrl: `${settings.appUrl}/sign-in` });
  const senderDomain = /@([^\s@>]+)>?\s*$/.exec(delivery.sender)?.[1] ?? new URL(settings.appUrl).hostname;
  return {
    ...rendered,
    from: delivery.sender,
    to: delivery.recipient,
    idempotencyKey: `delivery/${delivery.id}`,
    messageId: `<delivery.${delivery.id}@${senderDomain}>`,
  };
}

// What a delivery's mail says. The only place where a code and its link are in clear, and only until the transport has it (promise P5).
import { isNoticeKind, type NoticeKind } from "@/db/notices";
import type { DeliveryRow } from "@/db/schema";
import { type RenderedEmail, renderEmail } from "@/emails/render";
import type { OutgoingEmail } from "@/emails/transport";
import { type Language, offeredLanguage } from "@/messages/languages";
import { deriveCode } from "./confirmation-code";
import { confirmUrl, deriveLink } from "./confirmation-link";
import { notMeUrl, signNotMe } from "./not-me-link";
import type { Services } from "./services";

/** The mail of a delivery: the same bytes at every attempt, since providers refuse one key with two payloads. */
export async function composeEmail(services: Services, delivery: DeliveryRow): Promise<OutgoingEmail> {
  const { keys, settings } = services;
  const { userId, recipient, createdAt, codeId } = delivery;
  const language = offeredLanguage(delivery.language);
  if (isNoticeKind(delivery.kind))
    return envelope(services, delivery, await NOTICES[delivery.kind](services, language));
  const notMe = notMeUrl(settings.appUrl, signNotMe(keys, { userId, email: recipient }, createdAt));
  const rendered =
    delivery.kind === "confirmation" && codeId
      ? await renderEmail("confirmation", {
          code: deriveCode(keys, codeId),
          confirmUrl: confirmUrl(settings.appUrl, deriveLink(keys, codeId)),
          notMeUrl: notMe,
          language,
        })
      : await renderEmail("existing_account", {
          signInUrl: signInUrl(services),
          notMeUrl: notMe,
          language,
        });
  return envelope(services, delivery, rendered);
}

const NOTICES: Record<NoticeKind, (services: Services, language: Language) => Promise<RenderedEmail>> = {
  password_changed: (services, language) =>
    renderEmail("password_changed", { signInUrl: signInUrl(services), language }),
};

/** A mail of that size that holds nothing of anybody's, for a delivery that nobody gets. */
export async function composeRehearsal(services: Services, delivery: DeliveryRow): Promise<OutgoingEmail> {
  const language = offeredLanguage(delivery.language);
  const rendered = await renderEmail("existing_account", { signInUrl: signInUrl(services), language });
  return envelope(services, delivery, rendered);
}

const signInUrl = ({ settings }: Services) => `${settings.appUrl}/sign-in`;

function envelope(
  { settings }: Services,
  { id, sender, recipient }: DeliveryRow,
  rendered: RenderedEmail,
): OutgoingEmail {
  const senderDomain = /@([^\s@>]+)>?\s*$/.exec(sender)?.[1] ?? new URL(settings.appUrl).hostname;
  return {
    ...rendered,
    from: sender,
    to: recipient,
    idempotencyKey: `delivery/${id}`,
    messageId: `<delivery.${id}@${senderDomain}>`,
  };
}

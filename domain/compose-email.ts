// What a delivery's mail says. The only place where a code and its link are in clear, and only until the transport has it (promise P5).
import type { DeliveryRow, UserRow } from "@/db/schema";
import { type RenderedEmail, renderEmail } from "@/emails/render";
import type { OutgoingEmail } from "@/emails/transport";
import { offeredLanguage } from "@/messages/languages";
import { deriveCode } from "./confirmation-code";
import { confirmUrl, deriveLink } from "./confirmation-link";
import { notMeUrl, signNotMe } from "./not-me-link";
import type { Services } from "./services";

/** Whom a mail of welcome calls by name; null in all others. */
export type Welcomed = Pick<UserRow, "username"> | null;

/**
 * The mail of a delivery: the same bytes at every attempt, since providers refuse one key with two payloads. Asks the
 * database nothing: a failure here is a mistake of ours, and one of the database is not.
 */
export async function composeEmail(
  services: Pick<Services, "keys" | "settings">,
  delivery: DeliveryRow,
  welcomed: Welcomed = null,
): Promise<OutgoingEmail> {
  return envelope(services, delivery, await render(services, delivery, welcomed));
}

/** Throws for a kind that this version does not know: while two run side by side, the other one may send it. */
async function render(
  services: Pick<Services, "keys" | "settings">,
  delivery: DeliveryRow,
  welcomed: Welcomed,
): Promise<RenderedEmail> {
  const { keys, settings } = services;
  const { userId, recipient, createdAt, kind } = delivery;
  const language = offeredLanguage(delivery.language);
  const signIn = signInUrl(services);
  const notMe = () => notMeUrl(settings.appUrl, signNotMe(keys, { userId, email: recipient }, createdAt));
  switch (kind) {
    case "confirmation":
    case "address_changed": {
      const codeId = codeIdOf(delivery);
      return renderEmail(kind, {
        code: deriveCode(keys, codeId),
        confirmUrl: confirmUrl(settings.appUrl, deriveLink(keys, codeId)),
        notMeUrl: notMe(),
        language,
      });
    }
    case "existing_account":
      return renderEmail(kind, { signInUrl: signIn, notMeUrl: notMe(), language });
    case "password_changed":
      return renderEmail(kind, { signInUrl: signIn, language });
    case "welcome": {
      if (!welcomed) throw new Error("The account is gone");
      return renderEmail(kind, { signInUrl: signIn, email: recipient, ...nameToShow(welcomed), language });
    }
    default:
      throw new Error(`This version has no mail of the kind ${kind satisfies never}`);
  }
}

function codeIdOf({ codeId }: DeliveryRow): string {
  if (!codeId) throw new Error("The mail's code is gone");
  return codeId;
}

/**
 * Whoever registered chose the name, perhaps with somebody else's address. Mail clients make links of what reads like
 * a host, so such a name stays out of a mail of ours; its person signs in with the address.
 */
const nameToShow = ({ username }: { username: string }) => (/\.\w/.test(username) ? {} : { username });

/**
 * A mail of that size that holds nothing of anybody's, for a delivery that nobody gets. Under a key of its own: the
 * same delivery may have been, or may be, sent for real at another attempt.
 */
export async function composeRehearsal(
  services: Pick<Services, "settings">,
  delivery: DeliveryRow,
): Promise<OutgoingEmail> {
  const language = offeredLanguage(delivery.language);
  const rendered = await renderEmail("existing_account", { signInUrl: signInUrl(services), language });
  const email = envelope(services, delivery, rendered);
  return { ...email, idempotencyKey: `${email.idempotencyKey}/withheld` };
}

const signInUrl = ({ settings }: Pick<Services, "settings">) => `${settings.appUrl}/sign-in`;

function envelope(
  { settings }: Pick<Services, "settings">,
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

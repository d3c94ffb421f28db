// Reads the inbox: every mail that the provider has taken.
import type { MailFact } from "./facts";

/** As many as the inbox keeps. */
const LIMIT = 5_000;
const ID = /delivery[/.]([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/;

type Listed = {
  id: string;
  to: string[];
  idempotency_key: string | null;
  message_id: string;
  received_at: string;
};

/** Throws when there are more mails than the inbox keeps: then it has forgotten some. */
export async function readInbox(mailUrl: string): Promise<MailFact[]> {
  const response = await fetch(`${mailUrl}/_/mails?limit=${LIMIT}`);
  if (!response.ok) throw new Error(`The inbox cannot be read: ${response.status}`);
  const { mails } = (await response.json()) as { mails: Listed[] };
  if (mails.length >= LIMIT) throw new Error("The inbox holds more mails than it can list.");
  return mails.map((mail) => ({
    id: mail.id,
    deliveryId: ID.exec(mail.idempotency_key ?? "")?.[1] ?? ID.exec(mail.message_id)?.[1] ?? null,
    receivedAtMs: Date.parse(mail.received_at),
    to: mail.to.map((address) => /<([^<>]+)>$/.exec(address)?.[1] ?? address).join(", "),
  }));
}

/**
 * Has the provider tell again that it delivered these mails, as one asks it to for what was not taken in time: it gives
 * up after some tries, and all of them may have met a process that was down.
 */
export async function tellAgain(mailUrl: string, mails: readonly MailFact[]): Promise<void> {
  for (const { id } of mails) {
    const response = await fetch(`${mailUrl}/_/mails/${id}`);
    const { events = [] } = (await response.json()) as { events?: { type: string }[] };
    const index = events.findIndex(({ type }) => type === "delivered");
    if (index >= 0) await fetch(`${mailUrl}/_/mails/${id}/events/${index}/replay`, { method: "POST" });
  }
}

/** A mail to this address, the next one if there is none yet. Throws when none comes in time. */
export async function waitForMail(mailUrl: string, to: string, waitMs: number): Promise<{ text: string }> {
  const query = new URLSearchParams({ to, timeout_ms: String(waitMs) });
  const response = await fetch(`${mailUrl}/_/mails/wait?${query}`);
  if (!response.ok) throw new Error(`No mail to ${to} came`);
  return (await response.json()) as { text: string };
}

/** The six digits of a mail. */
export function readCode({ text }: { text: string }): string {
  const code = /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0];
  if (!code) throw new Error("A mail has no code");
  return code;
}

// Reads the inbox: every mail that the provider has taken.
import type { MailFact } from "./facts";

/** As many as the inbox keeps. */
const LIMIT = 5_000;
const ID = /delivery[/.]([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/;

type Listed = { id: string; to: string[]; idempotency_key: string | null; message_id: string };

/** Throws when there are more mails than the inbox keeps: then it has forgotten some. */
export async function readInbox(mailUrl: string): Promise<MailFact[]> {
  const response = await fetch(`${mailUrl}/_/mails?limit=${LIMIT}`);
  if (!response.ok) throw new Error(`The inbox cannot be read: ${response.status}`);
  const { mails } = (await response.json()) as { mails: Listed[] };
  if (mails.length >= LIMIT) throw new Error("The inbox holds more mails than it can list.");
  return mails.map((mail) => ({
    id: mail.id,
    deliveryId: ID.exec(mail.idempotency_key ?? "")?.[1] ?? ID.exec(mail.message_id)?.[1] ?? null,
    to: mail.to.map((address) => /<([^<>]+)>$/.exec(address)?.[1] ?? address).join(", "),
  }));
}

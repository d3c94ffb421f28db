// The local inbox, as tests read it: they wait for a mail instead of sleeping.
import { readRunning } from "./running";

export type Mail = {
  id: string;
  to: string[];
  subject: string;
  received_at: string;
  html: string;
  text: string;
  idempotency_key: string | null;
};

const WAIT_MS = 15_000;

/** The next mail to an address that arrives, or arrived, after `after`. Throws when none comes in time. */
export async function nextMail(to: string, options: { after?: Date; waitMs?: number } = {}): Promise<Mail> {
  const { mail } = readRunning();
  const waitMs = options.waitMs ?? WAIT_MS;
  const query = new URLSearchParams({ to, timeout_ms: String(waitMs) });
  if (options.after) query.set("after", options.after.toISOString());
  const response = await fetch(`${mail.url}/_/mails/wait?${query}`, {
    signal: AbortSignal.timeout(waitMs + 5000),
  });
  if (!response.ok) throw new Error(`No mail for ${to}: ${response.status} ${await response.text()}`);
  const found = (await response.json()) as { id: string };
  return (await (await fetch(`${mail.url}/_/mails/${found.id}`)).json()) as Mail;
}

/** How many mails an address has got so far. */
export const countMails = async (to: string): Promise<number> => (await listMails(to)).length;

/** The subjects of all mails that an address has got so far, in the order in which they came. */
export async function listSubjects(to: string): Promise<string[]> {
  const mails = await listMails(to);
  mails.sort((a, b) => Date.parse(a.received_at) - Date.parse(b.received_at));
  return mails.map(({ subject }) => subject);
}

async function listMails(to: string): Promise<Pick<Mail, "subject" | "received_at">[]> {
  const { mail } = readRunning();
  const response = await fetch(`${mail.url}/_/mails?${new URLSearchParams({ to })}`);
  return ((await response.json()) as { mails: Mail[] }).mails;
}

/** Makes the provider tell that something became of a mail long after it took it; its webhook follows at once. */
export async function tellLater(mail: Pick<Mail, "id">, type: "bounced" | "complained"): Promise<void> {
  const response = await fetch(`${readRunning().mail.url}/_/mails/${mail.id}/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type }),
  });
  if (response.status !== 201)
    throw new Error(`The mail server told nothing: ${response.status} ${await response.text()}`);
}

/** The six digits of a confirmation mail. */
export function codeIn(mail: Pick<Mail, "text">): string {
  const code = /(?<!\d)\d{6}(?!\d)/.exec(mail.text)?.[0];
  if (!code) throw new Error(`No code in this mail:\n${mail.text}`);
  return code;
}

/** The address behind the mail's button. */
export function linkIn(mail: Pick<Mail, "text">): string {
  const url = /https?:\/\/\S+\/confirm\/link#\S+/.exec(mail.text)?.[0];
  if (!url) throw new Error(`No link in this mail:\n${mail.text}`);
  return url;
}

/** Makes the mail provider refuse everybody with a transient error, until `calmProvider`. */
export const breakProvider = () => turnFaultDial("PUT", { faults: [{ kind: "refuse" }] });
export const calmProvider = () => turnFaultDial("DELETE");

async function turnFaultDial(method: string, body?: object): Promise<void> {
  const response = await fetch(`${readRunning().mail.url}/_/faults`, {
    method,
    ...(body ? { headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {}),
  });
  if (!response.ok)
    throw new Error(`The fault dial did not move: ${response.status} ${await response.text()}`);
}

import "server-only";
import { env } from "@/env";
import { isLoopback } from "@/env-rules";

/** The development inbox, where mails of a local product arrive; null anywhere else. */
export function inboxUrl(): string | null {
  const { APP_URL, INBOX_URL } = env();
  return INBOX_URL && isLoopback(APP_URL) ? INBOX_URL : null;
}

// One open page's stream of its confirmation: what it says now, and every change, whether somebody made it (Postgres'
// NOTIFY) or time did. It outlives the request's authentication, so it asks again before everything it tells.
import { readConfirmation } from "@/domain/email-confirmation";
import { DomainError } from "@/domain/errors";
import type { Services } from "@/domain/services";
import type { Language } from "@/messages/languages";
import type { ProcessServices } from "@/services";
import { HttpError } from "./http-error";
import { noteStream } from "./open-streams";

/**
 * Proxies close silent connections after 30 to 60 s, and a page takes one that is silent for 22 s for dead
 * (components/confirmation-feed.ts). At each of these the session is looked after as well.
 */
export const HEARTBEAT_MS = 15_000;
/** An event, since a page cannot see a comment. A `data` line, since an event without one is none (WHATWG HTML 9.2.6). */
const HEARTBEAT = "event: heartbeat\ndata:\n\n";
/** The browser comes back by itself. */
const STREAM_MS = 10 * 60_000;
const RECONNECT_MS = 1_000;
/** Timers may fire a moment early, and then nothing has changed yet. */
const TIMER_SLACK_MS = 5;

type ConfirmationStream = {
  services: Services & Pick<ProcessServices, "notifications">;
  userId: string;
  language: Language;
  /** Who asked: throws `invalid_token` or `not_signed_in` once the token or the session behind it has ended. */
  authenticate: () => Promise<unknown>;
  /** Calls `call` once, after `ms`; answers what calls it off. Tests bring their own. */
  after?: (ms: number, call: () => void) => () => void;
};

/**
 * One event `confirmation` at once, and one per change; event ids count up. An event `heartbeat`, which holds nothing,
 * every 15 s. Ends when the session does (told at once, and at the next heartbeat at the latest), the claim is over, the
 * account is gone, the process is about to end, the person has opened many more (open-streams.ts), or after ten minutes.
 */
export function streamConfirmation(
  { services, userId, language, authenticate, after = afterTimeout }: ConfirmationStream,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  let end = () => {};
  return new ReadableStream({
    start(controller) {
      const encoder = new TextEncoder();
      const write = (text: string) => controller.enqueue(encoder.encode(text));
      let sent = "";
      let eventId = 0;
      let isEnded = false;
      let isReading = false;
      let isStale = false;
      let forgetChange = () => {};
      let forgetHeartbeat = () => {};
      let forgetNote = () => {};

      // Changes that arrive while one is being read are read together, once.
      async function push(): Promise<void> {
        isStale = true;
        if (isReading) return;
        isReading = true;
        try {
          while (isStale && !isEnded) {
            isStale = false;
            const reading = await readConfirmation(services, userId, language);
            // Last, so that nothing lies between the look at the session and the telling.
            const isOver = reading === null || (await hasEnded(authenticate));
            if (isEnded) return;
            if (isOver) return end();
            const { confirmation, changesAt } = reading;
            awaitChange(changesAt);
            const { server_time: _, ...facts } = confirmation;
            const seen = JSON.stringify(facts);
            if (seen === sent) continue;
            sent = seen;
            write(`id: ${++eventId}\nevent: confirmation\ndata: ${JSON.stringify(confirmation)}\n\n`);
          }
        } catch (error) {
          services.log.warn(
            { err: error, userId },
            "A confirmation could not be read for its page; the page will come back",
          );
          end();
        } finally {
          isReading = false;
        }
      }

      function awaitChange(at: Date | null): void {
        forgetChange();
        const inMs = at === null ? STREAM_MS : at.getTime() - services.clock().getTime() + TIMER_SLACK_MS;
        forgetChange = inMs < STREAM_MS ? after(inMs, () => void push()) : () => {};
      }

      async function beat(): Promise<void> {
        // When nobody can tell, nothing is told either: push() asks again before it tells.
        const isOver = await hasEnded(authenticate).catch(() => false);
        if (isEnded) return;
        if (isOver) return end();
        write(HEARTBEAT);
        awaitHeartbeat();
      }

      function awaitHeartbeat(): void {
        forgetHeartbeat = after(HEARTBEAT_MS, () => void beat());
      }

      const unsubscribe = services.notifications.onConfirmation(userId, () => void push());
      const forgetClose = services.notifications.onClose(() => end());
      const forgetLimit = after(STREAM_MS, () => end());
      awaitHeartbeat();
      end = () => {
        if (isEnded) return;
        isEnded = true;
        for (const forget of [
          unsubscribe,
          forgetClose,
          forgetLimit,
          forgetHeartbeat,
          forgetChange,
          forgetNote,
        ])
          forget();
        signal.removeEventListener("abort", end);
        try {
          controller.close();
        } catch {
          // the reader has gone already
        }
      };
      signal.addEventListener("abort", end);
      forgetNote = noteStream(userId, () => end());
      write(`retry: ${RECONNECT_MS}\n\n`);
      void push();
    },
    cancel() {
      end();
    },
  });
}

/** Throws when that cannot be told now, such as without a database. */
async function hasEnded(authenticate: () => Promise<unknown>): Promise<boolean> {
  try {
    await authenticate();
    return false;
  } catch (error) {
    if (error instanceof HttpError) return true;
    if (error instanceof DomainError && ["invalid_token", "not_signed_in"].includes(error.code)) return true;
    throw error;
  }
}

function afterTimeout(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}

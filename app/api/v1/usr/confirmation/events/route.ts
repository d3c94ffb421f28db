// The state of a confirmation as it changes (Server-Sent Events, WHATWG HTML 9.2), fed by Postgres' NOTIFY.

import { authenticate } from "@/app/_auth/authenticate";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { languageHeaders, problemResponse } from "@/app/_http/respond";
import { getConfirmation } from "@/domain/email-confirmation";
import type { Language } from "@/messages/languages";
import { services } from "@/services";

/** Proxies close silent connections after 30 to 60 s. */
const HEARTBEAT_MS = 15_000;
/** The browser comes back by itself; a session that was revoked meanwhile is then noticed. */
const STREAM_MS = 10 * 60_000;
const RECONNECT_MS = 1_000;

/** One event `confirmation` at once, and one per change. Event ids count up within a stream. */
export async function GET(request: Request): Promise<Response> {
  try {
    const { userId } = await authenticate(request);
    const language = languageOf(request);
    return new Response(streamConfirmation({ userId, language }, request.signal), {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        // no-transform: compressing would hold events back; x-accel-buffering: the same for nginx.
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
        ...languageHeaders(language),
      },
    });
  } catch (error) {
    return problemResponse(error, request);
  }
}

function streamConfirmation(
  { userId, language }: { userId: string; language: Language },
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

      // Changes that arrive while one is being read are read together, once.
      async function push(): Promise<void> {
        isStale = true;
        if (isReading) return;
        isReading = true;
        try {
          while (isStale && !isEnded) {
            isStale = false;
            const confirmation = await getConfirmation(services(), userId, language);
            if (isEnded) return;
            if (!confirmation) return end();
            const { server_time: _, ...facts } = confirmation;
            const seen = JSON.stringify(facts);
            if (seen === sent) continue;
            sent = seen;
            write(`id: ${++eventId}\nevent: confirmation\ndata: ${JSON.stringify(confirmation)}\n\n`);
          }
        } catch (error) {
          services().log.warn(
            { err: error, userId },
            "A confirmation could not be read for its page; the page will come back",
          );
          end();
        } finally {
          isReading = false;
        }
      }

      const unsubscribe = services().notifications.onConfirmation(userId, () => void push());
      const forgetClose = services().notifications.onClose(() => end());
      const heartbeat = setInterval(() => write(": still here\n\n"), HEARTBEAT_MS);
      const limit = setTimeout(() => end(), STREAM_MS);
      end = () => {
        if (isEnded) return;
        isEnded = true;
        unsubscribe();
        forgetClose();
        clearInterval(heartbeat);
        clearTimeout(limit);
        signal.removeEventListener("abort", end);
        try {
          controller.close();
        } catch {
          // the reader has gone already
        }
      };
      signal.addEventListener("abort", end);
      write(`retry: ${RECONNECT_MS}\n\n`);
      void push();
    },
    cancel() {
      end();
    },
  });
}

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

// Server-Sent Events for the page: that something changed, not what; the page fetches itself again.
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { Store } from "../store.ts";

/** Bursts are told once: a thousand mails must not mean a thousand reloads. */
const PAUSE_MS = 150;
const HEARTBEAT_MS = 15_000;

export function streamChanges(c: Context, store: Store): Response {
  return streamSSE(c, async (stream) => {
    let pending: NodeJS.Timeout | null = null;
    const tell = () => {
      pending ??= setTimeout(() => {
        pending = null;
        void write(stream, { event: "change", data: String(store.size) });
      }, PAUSE_MS);
    };
    await write(stream, { event: "hello", data: String(store.size), retry: 1_000 });
    const unsubscribe = store.subscribe(tell);
    const heartbeat = setInterval(() => void write(stream, { event: "beat", data: "" }), HEARTBEAT_MS);
    await new Promise<void>((resolve) => stream.onAbort(resolve));
    unsubscribe();
    clearInterval(heartbeat);
    if (pending) clearTimeout(pending);
  });
}

async function write(
  stream: SSEStreamingApi,
  message: Parameters<SSEStreamingApi["writeSSE"]>[0],
): Promise<void> {
  if (!stream.aborted && !stream.closed) await stream.writeSSE(message);
}

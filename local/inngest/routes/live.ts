// GET /live: tells an open page that something changed, by Server-Sent Events.
import type { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { Context } from "../engine.ts";
import { Pulse } from "../pulse.ts";

const HEARTBEAT_MS = 15_000;

export function addLive(app: Hono, context: Context): void {
  const pulse = new Pulse(context);
  app.get("/live", (c) =>
    streamSSE(c, async (stream) => {
      const stop = pulse.listen(() => {
        void stream.writeSSE({ event: "change", data: "" }).catch(() => {});
      });
      stream.onAbort(stop);
      try {
        await stream.writeSSE({ event: "open", data: "", retry: 1_000 });
        while (!stream.aborted && !stream.closed) {
          await stream.sleep(HEARTBEAT_MS);
          await stream.write(": still here\n\n");
        }
      } finally {
        stop();
      }
    }),
  );
}

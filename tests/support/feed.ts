// A confirm page's feed with a browser that the test plays: streams, reads, and the locks that its tabs share.
import { vi } from "vitest";
import type { ApiResult } from "@/components/api-client";
import { type Connection, type Feed, openConfirmationFeed } from "@/components/confirmation-feed";
import { takeSlot } from "@/components/stream-slots";
import type { Confirmation } from "@/domain/confirmation-state";

class FakeStream extends EventTarget {
  readyState = 0;
  connect() {
    this.readyState = 1;
  }
  send(confirmation: Confirmation) {
    this.dispatchEvent(new MessageEvent("confirmation", { data: JSON.stringify(confirmation) }));
  }
  beat() {
    this.dispatchEvent(new MessageEvent("heartbeat", { data: "" }));
  }
  breakOff(readyState: 0 | 2) {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }
  close() {
    this.readyState = 2;
  }
}

class FakeDocument extends EventTarget {
  visibilityState: "visible" | "hidden" = "visible";
  turn(visibilityState: "visible" | "hidden") {
    this.visibilityState = visibilityState;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

/** One browser's Web Locks, as far as they are used: nobody waits for one. */
export class FakeLocks {
  readonly held = new Set<string>();
  async request(name: string, _: LockOptions, call: (lock: Lock | null) => unknown): Promise<unknown> {
    if (this.held.has(name)) return call(null);
    this.held.add(name);
    try {
      return await call({ name, mode: "exclusive" });
    } finally {
      this.held.delete(name);
    }
  }
}

export const takeSlotFrom = (locks: FakeLocks) => takeSlot(locks as unknown as Pick<LockManager, "request">);

const UNREACHABLE: ApiResult<Confirmation> = { outcome: "unreachable" };
export const done = (confirmation: Confirmation): ApiResult<Confirmation> => ({
  outcome: "done",
  data: confirmation,
});
export const refused = (status: number): ApiResult<Confirmation> => ({
  outcome: "refused",
  problem: { type: "about:blank", title: "", status, code: "x", detail: "" },
  retryAtMs: null,
});

/** Without `locks`, the browser has none. */
export function openFeed(locks?: FakeLocks) {
  const streams: FakeStream[] = [];
  const seen: string[] = [];
  const connections: Connection[] = [];
  const window = new EventTarget();
  const document = new FakeDocument();
  const read = vi.fn<() => Promise<ApiResult<Confirmation>>>(() => Promise.resolve(UNREACHABLE));
  let endedCount = 0;
  const feed: Feed = openConfirmationFeed(
    {
      onConfirmation: ({ delivery }) => seen.push(delivery?.status ?? "none"),
      onConnection: (connection) => connections.push(connection),
      onEnded: () => {
        endedCount += 1;
      },
    },
    {
      openStream: () => {
        const stream = new FakeStream();
        streams.push(stream);
        return stream as unknown as EventSource;
      },
      takeSlot: locks ? () => takeSlotFrom(locks) : null,
      read,
      window: window as unknown as Window,
      document: document as unknown as Document,
      nowMs: () => Date.now(),
    },
  );
  const current = () => {
    const stream = streams.at(-1);
    if (!stream) throw new Error("No stream was opened");
    return stream;
  };
  return { feed, streams, current, seen, connections, window, document, read, ended: () => endedCount };
}

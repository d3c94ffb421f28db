// Keeps a page at the truth (promise P8): the event stream, and everything that can come between. The browser reconnects
// a broken stream by itself; while there is none, and when one has been silent for long (a proxy that holds events back,
// a laptop that slept), the state is read instead. Nothing here knows React.
import type { Confirmation } from "@/domain/confirmation-state";
import type { ApiResult } from "./api-client";
import { fetchConfirmation, isConfirmation } from "./confirmation-client";

/** `live` by stream · `polling` by reading every few seconds · `offline` neither. */
export type Connection = "connecting" | "live" | "polling" | "offline";

export type FeedListener = {
  onConfirmation: (confirmation: Confirmation) => void;
  onConnection: (connection: Connection) => void;
  /** The session is over (revoked, or the registration has ended): nothing more will come. */
  onEnded: () => void;
};

export type Feed = {
  /** Reads the state now, e.g. after something was posted. */
  refresh: () => void;
  close: () => void;
};

/** What a feed needs from the browser; tests bring their own. */
export type Surroundings = {
  openStream: () => EventSource;
  read: () => Promise<ApiResult<Confirmation>>;
  window: Pick<Window, "addEventListener" | "removeEventListener">;
  document: Pick<Document, "addEventListener" | "removeEventListener" | "visibilityState">;
  nowMs: () => number;
};

const POLL_MS = 4_000;
/**
 * The server says something every 15 s, or some seconds later when its database is slow. A stream that has been silent
 * for longer is a dead one, however open it looks.
 */
const QUIET_MS = 22_000;
/** While the stream is silent, a read that takes longer is told as what it most likely is: nobody answers. */
const READ_PATIENCE_MS = 4_000;
/** A stream that does not come to life (a proxy that cannot stream, a restart) is replaced now and then. */
const REOPEN_MS = 30_000;
const STREAM_CLOSED = 2;
const STREAM_OPEN = 1;

/** Starts listening. `onConfirmation` comes at once and with every change, newest last. */
export function openConfirmationFeed(listener: FeedListener, around: Surroundings = browser()): Feed {
  let stream: EventSource | null = null;
  let connection: Connection = "connecting";
  let openedAtMs = 0;
  /** When this stream said something last; null until it has told the state. */
  let heardAtMs: number | null = null;
  let hiddenAtMs: number | null = null;
  /** Counts what the stream brought, so that a slow read does not overwrite something newer. */
  let heardCount = 0;
  let isReading = false;
  let isClosed = false;

  function report(next: Connection): void {
    if (isClosed || next === connection) return;
    connection = next;
    listener.onConnection(next);
  }

  /** Open, and heard from: only then may the page say "live". */
  function isLive(): boolean {
    return stream?.readyState === STREAM_OPEN && heardAtMs !== null && !isQuiet(heardAtMs);
  }

  function isQuiet(sinceMs: number): boolean {
    return around.nowMs() - sinceMs > QUIET_MS;
  }

  function open(): void {
    stream?.close();
    openedAtMs = around.nowMs();
    heardAtMs = null;
    const opened = around.openStream();
    stream = opened;
    opened.addEventListener("confirmation", (event) => {
      if (isClosed || stream !== opened) return;
      const confirmation = parseConfirmation(event.data);
      if (!confirmation) return;
      heardAtMs = around.nowMs();
      heardCount += 1;
      report("live");
      listener.onConfirmation(confirmation);
    });
    opened.addEventListener("heartbeat", () => {
      // Before the state was told, it only says that the server is slow.
      if (isClosed || stream !== opened || heardAtMs === null) return;
      heardAtMs = around.nowMs();
      report("live");
    });
    opened.addEventListener("error", () => {
      // CONNECTING: the browser is at it (the server also ends streams from time to time). CLOSED: it gave up.
      if (stream === opened && opened.readyState === STREAM_CLOSED) void read();
    });
  }

  async function read(): Promise<void> {
    if (isReading || isClosed) return;
    isReading = true;
    const heardBefore = heardCount;
    const patience = setTimeout(() => {
      if (!isLive()) report("offline");
    }, READ_PATIENCE_MS);
    const result = await around.read();
    clearTimeout(patience);
    isReading = false;
    if (isClosed) return;
    if (result.outcome === "done") {
      if (heardCount === heardBefore) listener.onConfirmation(result.data);
      report(isLive() ? "live" : "polling");
    } else if (result.outcome === "refused" && result.problem.status === 401) {
      close();
      listener.onEnded();
    } else if (!isLive()) report("offline");
  }

  function tick(): void {
    if (isLive()) return;
    const hasFallenSilent = heardAtMs !== null && isQuiet(heardAtMs);
    if (hasFallenSilent || around.nowMs() - openedAtMs > REOPEN_MS) open();
    void read();
  }

  /** After sleep, a lost network or the back button, an open stream may be a dead one. */
  function resume(): void {
    void read();
    open();
  }

  function onVisibility(): void {
    if (around.document.visibilityState === "hidden") {
      hiddenAtMs = around.nowMs();
      return;
    }
    const awayMs = hiddenAtMs === null ? 0 : around.nowMs() - hiddenAtMs;
    if (awayMs > POLL_MS || stream?.readyState !== STREAM_OPEN) resume();
  }

  const onOffline = () => report("offline");
  // An open stream would keep the page out of the browser's back-forward cache.
  const onPageHide = () => stream?.close();
  const onPageShow = (event: PageTransitionEvent) => {
    if (event.persisted) resume();
  };

  function close(): void {
    isClosed = true;
    clearInterval(timer);
    stream?.close();
    around.window.removeEventListener("online", resume);
    around.window.removeEventListener("offline", onOffline);
    around.window.removeEventListener("pagehide", onPageHide);
    around.window.removeEventListener("pageshow", onPageShow);
    around.document.removeEventListener("visibilitychange", onVisibility);
  }

  const timer = setInterval(tick, POLL_MS);
  around.window.addEventListener("online", resume);
  around.window.addEventListener("offline", onOffline);
  around.window.addEventListener("pagehide", onPageHide);
  around.window.addEventListener("pageshow", onPageShow);
  around.document.addEventListener("visibilitychange", onVisibility);
  open();
  return { refresh: () => void read(), close };
}

function parseConfirmation(data: unknown): Confirmation | null {
  try {
    const parsed: unknown = JSON.parse(String(data));
    return isConfirmation(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function browser(): Surroundings {
  return {
    openStream: () => new EventSource("/api/v1/usr/confirmation/events"),
    read: fetchConfirmation,
    window,
    document,
    nowMs: () => Date.now(),
  };
}

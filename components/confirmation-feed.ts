// Keeps a page at the truth (promise P8): the event stream, and everything that can come between. The browser reconnects
// a broken stream by itself; while there is none, and when one has been silent for long (a proxy that holds events back,
// a laptop that slept), the state is read instead, as it is in a tab that finds enough others of its browser listening
// (stream-slots.ts). Nothing here knows React.
import type { Confirmation } from "@/domain/confirmation-state";
import type { ApiResult } from "./api-client";
import { fetchConfirmation, isConfirmation } from "./confirmation-client";
import { type Slot, takeSlot } from "./stream-slots";

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
  /** Asks for what allows a stream, and may get null. Null itself where tabs know nothing of each other: any may listen. */
  takeSlot: (() => Promise<Slot | null>) | null;
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
  let slot: Slot | null = null;
  /** The question for a slot that is under way. */
  let asked: Promise<Slot | null> | null = null;
  let connection: Connection = "connecting";
  let openedAtMs = 0;
  /** When this stream said something last; null until it has told the state. */
  let heardAtMs: number | null = null;
  let hiddenAtMs: number | null = null;
  /** Counts what the stream brought, so that a slow read does not overwrite something newer. */
  let heardCount = 0;
  /** Whose state the stream told last. */
  let heardOf: string | null = null;
  let isReading = false;
  /** What the read under way brings may be too old: another one follows it. */
  let isReadAgain = false;
  /** The last read said that the session is over, and was not believed yet. */
  let isDoubted = false;
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

  /** Opens a stream, also in place of another. Without a slot it asks for one first, and leaves it when there is none. */
  function open(): void {
    if (slot || !around.takeSlot) listen();
    else if (!asked) void askForSlot(around.takeSlot());
  }

  async function askForSlot(answer: Promise<Slot | null>): Promise<void> {
    asked = answer;
    const taken = await answer;
    // The page was closed or put away meanwhile.
    if (asked !== answer) return taken?.giveBack();
    asked = null;
    slot = taken;
    if (slot) listen();
    else if (connection === "connecting") void read();
  }

  function hangUp(): void {
    stream?.close();
    stream = null;
    slot?.giveBack();
    slot = null;
    asked = null;
  }

  function listen(): void {
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
      heardOf = confirmation.registered_at;
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
      isDoubted = false;
      if (heardCount === heardBefore) listener.onConfirmation(result.data);
      // A stream goes on about the registration that it was opened for; a read tells of the browser's present one.
      else if (result.data.registered_at !== heardOf) isReadAgain = true;
      report(isLive() ? "live" : "polling");
    } else if (result.outcome === "refused" && result.problem.status === 401) {
      // Another tab may have confirmed this very moment: the claim's session is over, and the cookie of the next one is
      // on its way here. A stream comes back a second later, with that cookie; a tab that reads asks once more.
      if (!stream && !isDoubted) {
        isDoubted = true;
        return;
      }
      close();
      listener.onEnded();
    } else if (!isLive()) report("offline");
    if (isReadAgain) {
      isReadAgain = false;
      void read();
    }
  }

  function tick(): void {
    if (isLive()) return;
    const hasFallenSilent = heardAtMs !== null && isQuiet(heardAtMs);
    if (!stream || hasFallenSilent || around.nowMs() - openedAtMs > REOPEN_MS) open();
    void read();
  }

  /** After sleep, a lost network or the back button, an open stream may be a dead one. */
  function resume(): void {
    void read();
    open();
  }

  function refresh(): void {
    if (isReading) isReadAgain = true;
    else void read();
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
  // An open stream, and a slot, would keep the page out of the browser's back-forward cache.
  const onPageHide = () => hangUp();
  const onPageShow = (event: PageTransitionEvent) => {
    if (event.persisted) resume();
  };

  function close(): void {
    isClosed = true;
    clearInterval(timer);
    hangUp();
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
  return { refresh, close };
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
    // Old browsers have no locks, and none has them over plain HTTP from another host.
    takeSlot: "locks" in navigator ? () => takeSlot(navigator.locks) : null,
    read: fetchConfirmation,
    window,
    document,
    nowMs: () => Date.now(),
  };
}

// What changed, told by Postgres itself (migrations/0001_notify.sql): one LISTEN connection per process, however many
// pages are open. After a lost connection everybody is told once, since nobody knows what was missed.
import { randomUUID } from "node:crypto";
import postgres from "postgres";

type Log = Record<"warn" | "info", (facts: object, sentence: string) => void>;

export type Notifications = {
  /** Calls `listener` after each change of one user's confirmation, and after a gap. Returns what ends it. */
  onConfirmation(userId: string, listener: () => void): () => void;
  /** Calls `listener` when an outbox row was written, and after a gap. */
  onOutbox(listener: () => void): () => void;
  /**
   * Calls `listener` when the process is about to end, so that open pages are let go and come back elsewhere; when it is
   * already, as soon as the caller has come to its end.
   */
  onClose(listener: () => void): () => void;
  close(): Promise<void>;
};

const OUTBOX = "outbox";
const CONFIRMATION = "confirmation";
const CLOSE = "close";
const PING = "latchkey_ping";
const OWN_TOKEN = randomUUID();
const CHECK_MS = 3_000;
/** A database or a process that is overloaded may take seconds to answer, and is not lost. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Connects at the first subscription and stays connected; reconnects by itself for ever. A connection that does not
 * answer within `answerWithinMs` is dead: it is made anew, and `onLost` is called.
 */
export function openNotifications(
  url: string,
  log: Log,
  {
    onLost = () => {},
    answerWithinMs = ANSWER_WITHIN_MS,
  }: { onLost?: () => void; answerWithinMs?: number } = {},
): Notifications {
  const listeners = new Map<string, Set<() => void>>();
  let connection: postgres.Sql | undefined;
  let checking: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isHealthy = false;

  const call = (key: string) => {
    for (const listener of [...(listeners.get(key) ?? [])]) listener();
  };
  const callAll = () => {
    for (const key of listeners.keys()) if (key !== CLOSE && !key.startsWith(PING)) call(key);
  };

  async function connect(): Promise<void> {
    const sql = postgres(url, {
      max: 1,
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: 5,
      onnotice: () => {},
      fetch_types: false,
      connection: { application_name: "latchkey-listen" },
    });
    connection = sql;
    // The third argument is called each time listening begins (again): whatever happened before may have been missed.
    await sql.listen(CONFIRMATION, (userId) => call(`${CONFIRMATION}:${userId}`), callAll);
    await sql.listen(OUTBOX, () => call(OUTBOX));
    await sql.listen(PING, (token) => call(`${PING}:${token}`));
    isHealthy = true;
  }

  /** There and back over the listening connection itself: one that is half open looks alive to everything else. */
  async function ping(sql: postgres.Sql): Promise<void> {
    const key = `${PING}:${OWN_TOKEN}`;
    const back = new Promise<void>((resolve) => listeners.set(key, new Set([resolve])));
    try {
      await sql.notify(PING, OWN_TOKEN);
      await back;
    } finally {
      listeners.delete(key);
    }
  }

  async function check(): Promise<void> {
    try {
      if (!connection) await connect();
      else await withTimeout(ping(connection), answerWithinMs);
    } catch (error) {
      if (isHealthy) {
        log.warn({ err: error }, "The connection that listens for changes was lost");
        onLost();
      }
      isHealthy = false;
      const broken = connection;
      connection = undefined;
      await broken?.end({ timeout: 0 }).catch(() => {});
    }
    if (!isClosed) {
      checking = setTimeout(check, isHealthy ? CHECK_MS : 500);
      checking.unref();
    }
  }

  function subscribe(key: string, listener: () => void): () => void {
    const ofKey = listeners.get(key) ?? new Set();
    listeners.set(key, ofKey.add(listener));
    if (!checking && !isClosed) {
      checking = setTimeout(() => {}, 0);
      void check();
    }
    return () => {
      ofKey.delete(listener);
      if (ofKey.size === 0 && listeners.get(key) === ofKey) listeners.delete(key);
    };
  }

  function onClose(listener: () => void): () => void {
    const forget = subscribe(CLOSE, listener);
    // A page that was being opened at that moment: nobody will call again.
    if (isClosed) queueMicrotask(() => listeners.get(CLOSE)?.has(listener) && listener());
    return forget;
  }

  return {
    onConfirmation: (userId, listener) => subscribe(`${CONFIRMATION}:${userId}`, listener),
    onOutbox: (listener) => subscribe(OUTBOX, listener),
    onClose,
    async close() {
      isClosed = true;
      call(CLOSE);
      clearTimeout(checking);
      await connection?.end({ timeout: 1 }).catch(() => {});
    },
  };
}

async function withTimeout<T>(work: PromiseLike<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

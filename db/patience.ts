// How long somebody who waits for an answer is kept when the database says nothing: a server that is frozen, or whose
// machine is gone, refuses nothing, and a query to it would wait for as long as the connection is believed in.
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";

/** Work that takes longer than this makes us ask whether the database is there at all. */
const LOOK_AFTER_MS = 1_000;
/** A database that is only busy answers `select 1` within this; the person has then waited for some three seconds. */
const ANSWER_WITHIN_MS = 2_500;

/** The database is silent: nobody knows whether it does what it was asked. */
export class DatabaseSilentError extends Error {
  override readonly name = "DatabaseSilentError";
  readonly code = "CONNECT_TIMEOUT";
  constructor() {
    super("The database has not answered in time");
  }
}

type Waiting = { isOver: boolean };
const waiting = new AsyncLocalStorage<Waiting>();

/**
 * What ends a transaction of the present work: throws DatabaseSilentError when whoever waited for it has been sent
 * away, so that it is rolled back. Call it where the transaction begins, and what it returns before the commit.
 */
export function rollBackWhenNobodyWaits(): () => void {
  const mine = waiting.getStore();
  return () => {
    if (mine?.isOver) throw new DatabaseSilentError();
  };
}

export type Patience = {
  /**
   * Does `work` for somebody who waits. Rejects with DatabaseSilentError, within about three seconds, when the
   * database answers nothing; a transaction of the work is rolled back then, if it ever gets to its end.
   */
  within<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** Asks over a connection of its own, opened when somebody has waited long: all of a pool's may be waiting too. */
export function createPatience(url: string): Patience {
  let asking: Promise<boolean> | undefined;
  let pulse = open();

  function open() {
    return postgres(url, {
      max: 1,
      onnotice: () => {},
      fetch_types: false,
      connect_timeout: Math.ceil(ANSWER_WITHIN_MS / 1000),
      connection: { application_name: "latchkey-pulse" },
    });
  }

  /** One question at a time, however many wait. */
  function isThere(): Promise<boolean> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  async function ask(): Promise<boolean> {
    const limit = new AbortController();
    const late = delay(ANSWER_WITHIN_MS, undefined, { signal: limit.signal, ref: false })
      // A process that was busy itself finds the answer among what it has not read yet.
      .then(() => delay(1))
      .then(() => false);
    late.catch(() => {});
    const answered = pulse`select 1`.then(
      () => true,
      () => false,
    );
    const isAnswered = await Promise.race([answered, late]).finally(() => limit.abort());
    if (isAnswered) return true;
    // What is asked next must not wait behind what was asked of a connection that is dead.
    const dead = pulse;
    pulse = open();
    dead.end({ timeout: 0 }).catch(() => {});
    return false;
  }

  async function within<T>(work: () => Promise<T>): Promise<T> {
    const mine: Waiting = { isOver: false };
    let timer: NodeJS.Timeout | undefined;
    let isDone = false;
    // A timer and no AbortSignal, whose error costs more than most of the work that nobody waits long for.
    const silent = new Promise<never>((_, reject) => {
      const lookLater = () => {
        timer = setTimeout(async () => {
          const goesOn = await isThere();
          if (isDone) return;
          if (goesOn) return lookLater();
          mine.isOver = true;
          reject(new DatabaseSilentError());
        }, LOOK_AFTER_MS).unref();
      };
      lookLater();
    });
    const done = waiting.run(mine, work);
    done.catch(() => {});
    try {
      return await Promise.race([done, silent]);
    } finally {
      isDone = true;
      clearTimeout(timer);
    }
  }

  return { within, close: () => pulse.end({ timeout: 0 }) };
}

// How fast mails leave (EMAIL_RATE_LIMIT) and how many at once (EMAIL_CONCURRENCY). A mail that must wait longer than
// a moment gives its worker back: waiting costs no attempt, no retry and no connection.
import { setTimeout as delay } from "node:timers/promises";
import { planSend, takeSendInstant } from "@/db/send-pace";
import type { Services } from "./services";

/** A worker waits this long for its turn by itself; who has to wait longer is told when to come back. */
const NEAR_MS = 3_000;
/** So long for one of the EMAIL_CONCURRENCY conversations to end. */
const CONVERSATION_MS = 1_000;
/**
 * Who is sent away comes back so much before its turn: engines are late when there is much to do, and an instant that
 * finds nobody ready is lost for the whole queue.
 */
const EARLY_MS = 1_500;
/** Those who are ready stand in line for so long: all that come early, and a rush after an engine was late. */
const READY_MS = 5_000;
/** The last question before an instant takes about so long, and must not make the mail late. */
const QUESTION_MS = 50;
/**
 * So much of what leaves is being prepared (claimed, rendered) before its instant; the rest is not begun. The pace holds
 * while preparing takes no longer than this: a machine that is busy with a burst of registrations takes most of a second.
 */
const PREPARED_MS = 800;
/**
 * Providers count in windows of a second, and a mail arrives some milliseconds after its instant: some per cent below
 * the limit, so that a late mail and an early one do not meet in one window.
 */
const HEADROOM = 1.07;
/**
 * Who misses its instant by more than this, because the process was too busy, gives it up and takes another one: late
 * mails of this process would otherwise meet those that are in time from the others. Less than the headroom of a window
 * of a second, 70 ms; the rest is for the way to the provider.
 */
const LATE_MS = 50;
/** So many instants are taken for one mail; with the last one it leaves late rather than never. */
const INSTANTS_MAX = 4;

/** Milliseconds between two mails at `perSecond`. */
export function sendIntervalMs(perSecond: number): number {
  return (1000 / perSecond) * HEADROOM;
}

/**
 * Settles at the instant at which the mail may leave; the last thing before it is handed over. Where one is waited for,
 * `isWanted` is asked just before it, again for every instant that was missed, and its answer passed on.
 */
export type WaitForInstant = (isWanted: () => Promise<boolean>) => Promise<boolean>;

/** Leave to make an attempt, to be given back with `leave`; or how many seconds to stay away, and when its turn is. */
export type SendLeave =
  | { granted: true; leave: () => void; waitForInstant: WaitForInstant }
  | { granted: false; waitSeconds: number; dueInSeconds: number };

/**
 * Asks before an attempt is begun, so that waiting costs none. `hadPlace`: this mail was sent away before, and is here
 * again at the time it was told.
 */
export async function takeSendLeave(services: Services, hadPlace: boolean): Promise<SendLeave> {
  const { sending, db, settings } = services;
  if (settings.sendsPerSecond === null) {
    const leave = await sending.enter(CONVERSATION_MS);
    return leave ? { granted: true, leave, waitForInstant: isAnyInstant } : COME_BACK;
  }
  const intervalMs = sendIntervalMs(settings.sendsPerSecond);
  const plan = (isPunctual: boolean) =>
    planSend(db, { intervalMs, nearMs: NEAR_MS, readyMs: READY_MS, hadPlace: isPunctual });
  const waitMs = await plan(hadPlace);
  if (waitMs > 0) return sendAway(waitMs);
  const prepared = await sending.prepare(preparedAtOnce(settings.sendsPerSecond), READY_MS);
  if (!prepared && sending.isStopped()) return COME_BACK;
  // Seconds of them were ready before this one: it takes a new place, behind everybody else.
  if (!prepared) return sendAway(await plan(false));
  const leave = await sending.enter(CONVERSATION_MS);
  if (!leave) {
    prepared();
    return COME_BACK;
  }
  return {
    granted: true,
    leave: () => {
      prepared();
      leave();
    },
    waitForInstant: async (isWanted) => {
      for (let taken = 1; ; taken++) {
        const waitMs = await takeSendInstant(db, { intervalMs, readyMs: READY_MS });
        const atMs = performance.now() + waitMs;
        await delay(Math.max(0, waitMs - QUESTION_MS));
        const answer = await isWanted();
        if (answer) await delay(Math.max(0, atMs - performance.now()));
        const isLate = performance.now() > atMs + LATE_MS;
        if (answer && isLate && taken < INSTANTS_MAX) continue;
        if (answer && isLate) await sending.space(atMs, intervalMs);
        prepared();
        return answer;
      }
    },
  };
}

/** Nothing is waited for, and the transport asks whether the mail is wanted when it is about to hand it over. */
const isAnyInstant: WaitForInstant = async () => true;

const COME_BACK = { granted: false, waitSeconds: 1, dueInSeconds: 1 } as const;

function sendAway(waitMs: number): SendLeave {
  return {
    granted: false,
    waitSeconds: Math.max(1, Math.floor((waitMs - EARLY_MS) / 1000)),
    dueInSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  };
}

/** How many mails of one process are prepared at once, at a pace of `perSecond`. */
export function preparedAtOnce(perSecond: number): number {
  return Math.max(2, Math.ceil((perSecond * PREPARED_MS) / 1000));
}

/** At most so many of this process at once. */
export type Sending = {
  /** A place, given back by calling what it returns, once; null when none became free within `maxWaitMs`. */
  enter(maxWaitMs: number): Promise<(() => void) | null>;
  /** A place among `atOnce` of those that are prepared for their instant; as `enter`. */
  prepare(atOnce: number, maxWaitMs: number): Promise<(() => void) | null>;
  /** Settles at `atMs` (performance.now()), or later: no two within `intervalMs`, also when the process was too busy to be in time. */
  space(atMs: number, intervalMs: number): Promise<void>;
  /** From now on nobody is let in, also who waits already: this process is about to end. */
  stop(): void;
  isStopped(): boolean;
  /** Settles once nobody has a place: the end of a process waits for it, after `stop`. */
  idle(): Promise<void>;
};

/** `limit` null: everybody is let in. First come, first served. */
export function createSending(limit: number | null): Sending {
  const conversations = createPlaces();
  const preparations = createPlaces();
  let isStopped = false;
  let line = Promise.resolve();
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    enter: (maxWaitMs) => conversations.enter(limit ?? Number.POSITIVE_INFINITY, maxWaitMs),
    prepare: preparations.enter,
    space(atMs, intervalMs) {
      line = line.then(async () => {
        await delay(Math.max(0, Math.max(atMs, lastMs + intervalMs) - performance.now()));
        lastMs = performance.now();
      });
      return line;
    },
    stop() {
      isStopped = true;
      preparations.stop();
      conversations.stop();
    },
    isStopped: () => isStopped,
    idle: conversations.idle,
  };
}

function createPlaces() {
  let taken = 0;
  let isStopped = false;
  let onIdle: (() => void)[] = [];
  const waiting: ((place: (() => void) | null) => void)[] = [];

  function place(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = waiting.shift();
      if (next) return next(place());
      taken--;
      if (taken > 0) return;
      for (const tell of onIdle) tell();
      onIdle = [];
    };
  }

  return {
    async enter(places: number, maxWaitMs: number): Promise<(() => void) | null> {
      if (isStopped) return null;
      if (taken < places) {
        taken++;
        return place();
      }
      return new Promise((resolve) => {
        const admit = (given: (() => void) | null) => {
          clearTimeout(timer);
          resolve(given);
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(admit), 1);
          resolve(null);
        }, maxWaitMs);
        waiting.push(admit);
      });
    },
    stop(): void {
      isStopped = true;
      for (const admit of waiting.splice(0)) admit(null);
    },
    idle: (): Promise<void> =>
      taken === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve)),
  };
}

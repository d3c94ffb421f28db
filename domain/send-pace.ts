// How fast mails leave (EMAIL_RATE_LIMIT) and how many at once (EMAIL_CONCURRENCY). A mail that must wait longer than
// a moment gives its worker back: waiting costs no attempt, no retry and no connection.
import { setTimeout as delay } from "node:timers/promises";
import { planSend, takeSendInstant } from "@/db/send-pace";
import type { Services } from "./services";

/** A worker waits this long for its turn by itself; who has to wait longer is told when to come back. */
const NEAR_MS = 1_000;
/**
 * Providers count in windows of a second, and a mail arrives some milliseconds after its instant: five per cent below
 * the limit, so that a late mail and an early one do not meet in one window.
 */
const HEADROOM = 1.05;

/** Milliseconds between two mails at `perSecond`. */
export function sendIntervalMs(perSecond: number): number {
  return (1000 / perSecond) * HEADROOM;
}

/** Leave to make an attempt, to be given back with `leave`; or how many seconds to stay away. */
export type SendLeave = { granted: true; leave: () => void } | { granted: false; waitSeconds: number };

/**
 * Asks before an attempt is begun, so that waiting costs none. `cameBack`: this mail was sent away before, and is here
 * again at the time it was told.
 */
export async function takeSendLeave(services: Services, cameBack: boolean): Promise<SendLeave> {
  const { sending, db, settings } = services;
  if (settings.sendsPerSecond !== null) {
    const intervalMs = sendIntervalMs(settings.sendsPerSecond);
    const waitMs = await planSend(db, { intervalMs, nearMs: NEAR_MS, cameBack });
    if (waitMs > 0) return { granted: false, waitSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
  }
  const leave = await sending.enter(NEAR_MS);
  return leave ? { granted: true, leave } : { granted: false, waitSeconds: 1 };
}

/** Settles at the instant at which this mail may leave. The last thing before it is handed over. */
export async function waitForSendInstant({ db, settings }: Services): Promise<void> {
  if (settings.sendsPerSecond === null) return;
  await delay(await takeSendInstant(db, sendIntervalMs(settings.sendsPerSecond)));
}

/** At most so many of this process at once. */
export type Sending = {
  /** A place, given back by calling what it returns, once; null when none became free within `maxWaitMs`. */
  enter(maxWaitMs: number): Promise<(() => void) | null>;
  /** From now on nobody is let in, also who waits already: this process is about to end. */
  stop(): void;
  isStopped(): boolean;
  /** Settles once nobody has a place: the end of a process waits for it, after `stop`. */
  idle(): Promise<void>;
};

/** `limit` null: everybody is let in. First come, first served. */
export function createSending(limit: number | null): Sending {
  const places = limit ?? Number.POSITIVE_INFINITY;
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
    async enter(maxWaitMs) {
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
    stop() {
      isStopped = true;
      for (const admit of waiting.splice(0)) admit(null);
    },
    isStopped: () => isStopped,
    idle: () => (taken === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve))),
  };
}

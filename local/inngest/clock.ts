// The engine's time: real time plus an offset that only grows. Everything that is scheduled (sleeps, retries,
// time-outs, cron) is in engine time; leases, signatures and ids are in real time, because moving the clock
// must neither take a running step away from its engine nor break a signature.

export type Clock = {
  /** Engine time, Unix milliseconds. */
  now(): number;
  /** Real time, Unix milliseconds. */
  realNow(): number;
  /** How far engine time is ahead of real time, milliseconds. */
  offsetMs(): number;
  /** Takes over an offset that was stored. A smaller one is ignored: time does not go back. */
  adopt(offsetMs: number): void;
  /**
   * Engine time of an instant that the app named in real time (a retry-after date, a sleepUntil date, an
   * event's ts). "60 s from now" then means 60 s of engine time, also after the clock was moved.
   */
  fromReal(realMs: number): number;
};

export function createClock(realNow: () => number = Date.now): Clock {
  let offsetMs = 0;
  return {
    now: () => realNow() + offsetMs,
    realNow,
    offsetMs: () => offsetMs,
    adopt: (next) => {
      if (next > offsetMs) offsetMs = next;
    },
    fromReal: (realMs) => realMs + offsetMs,
  };
}

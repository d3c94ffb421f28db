// Remembers that a service is away, so that not everybody waits to find out. Pure: time comes in by argument.

export type BreakerState = "closed" | "open" | "half_open";

export type BreakerPolicy = {
  /** Failures in a row that open it. */
  failuresToOpen: number;
  /** How long it stays open before one caller may probe, in milliseconds. */
  openMs: number;
};

export type CircuitBreaker = {
  /**
   * True when a call may be made now. While open nobody may; once `openMs` have passed exactly one caller gets true
   * (half-open) and must report how it went, and the others wait for that report.
   */
  mayCall(now: Date): boolean;
  succeeded(now: Date): void;
  failed(now: Date): void;
  /** How the call went says nothing of the service: when it was the probe, the next caller probes, at once. */
  toldNothing(): void;
  /** `half_open` as soon as a caller may probe, whether one has come or not: nobody knows then that it is away. */
  state(now: Date): BreakerState;
};

/** `onChange` hears of each change of state, once. */
export function createCircuitBreaker(
  policy: BreakerPolicy,
  onChange: (from: BreakerState, to: BreakerState) => void,
): CircuitBreaker {
  let state: BreakerState = "closed";
  let failures = 0;
  let openedAt = 0;
  let probedAt = 0;

  function move(to: BreakerState): void {
    if (state === to) return;
    const from = state;
    state = to;
    onChange(from, to);
  }

  const isSpared = (now: Date) => state === "open" && now.getTime() - openedAt < policy.openMs;

  return {
    mayCall(now) {
      if (state === "closed") return true;
      if (isSpared(now)) return false;
      // A probe that never reported (its process was stopped in between) does not keep the breaker half-open for ever.
      if (state === "half_open" && now.getTime() - probedAt < policy.openMs) return false;
      probedAt = now.getTime();
      move("half_open");
      return true;
    },
    succeeded() {
      failures = 0;
      move("closed");
    },
    failed(now) {
      failures++;
      if (state === "closed" && failures < policy.failuresToOpen) return;
      openedAt = now.getTime();
      move("open");
    },
    toldNothing() {
      probedAt = Number.NEGATIVE_INFINITY;
    },
    state: (now) => (state === "open" && !isSpared(now) ? "half_open" : state),
  };
}

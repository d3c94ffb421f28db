// What the rules count while they work, for whoever watches the product. Who counts, and for whom, is chosen in
// services.ts: the rules know no metrics library (docs/decisions/024).

export type Meter = {
  /** A registration ended: `registered`, `repeated` (register-once.ts), the code it was refused with, or `error`. Tells nobody who has an account. */
  registration(outcome: string): void;
  /** Somebody was refused by the limit of this name (limits.ts). */
  limitHit(limit: string): void;
  /** A provider took a mail, so many seconds after its first attempt was due; never below 0. */
  accepted(lateSeconds: number): void;
};

/** Counts nothing: for commands, and for tests of something else. */
export const NO_METER: Meter = { registration() {}, limitHit() {}, accepted() {} };

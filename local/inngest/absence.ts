// When is it worth a word that the app does not answer? At a start it takes a while, and that is no failure. Pure.

/** A start of the product takes less, and so does a restart of the app. */
export const ABSENCE_PATIENCE_MS = 30_000;

export class Absence {
  #patienceMs: number;
  #sinceMs: number | null = null;
  #isTold = false;

  /** `firstPatienceMs`: until it has answered for the first time, since it may have to be built before. */
  constructor(firstPatienceMs = ABSENCE_PATIENCE_MS) {
    this.#patienceMs = firstPatienceMs;
  }

  /** How long it may be away before a word is said, milliseconds. */
  get patienceMs(): number {
    return this.#patienceMs;
  }

  /** What to say after one more try: "away" once it has lasted, "back" when that was said and it is over. */
  note(isReachable: boolean, nowMs: number): "away" | "back" | null {
    if (isReachable) {
      const wasTold = this.#isTold;
      this.#sinceMs = null;
      this.#isTold = false;
      this.#patienceMs = ABSENCE_PATIENCE_MS;
      return wasTold ? "back" : null;
    }
    this.#sinceMs ??= nowMs;
    if (this.#isTold || nowMs - this.#sinceMs < this.#patienceMs) return null;
    this.#isTold = true;
    return "away";
  }
}

// When is it worth a word that the app does not answer? At a start it takes a while, and that is no failure. Pure.

/** A start of the product takes less, and so does a restart of the app. */
export const ABSENCE_PATIENCE_MS = 30_000;

export class Absence {
  #sinceMs: number | null = null;
  #isTold = false;

  /** What to say after one more try: "away" once it has lasted, "back" when that was said and it is over. */
  note(isReachable: boolean, nowMs: number): "away" | "back" | null {
    if (isReachable) {
      const wasTold = this.#isTold;
      this.#sinceMs = null;
      this.#isTold = false;
      return wasTold ? "back" : null;
    }
    this.#sinceMs ??= nowMs;
    if (this.#isTold || nowMs - this.#sinceMs < ABSENCE_PATIENCE_MS) return null;
    this.#isTold = true;
    return "away";
  }
}

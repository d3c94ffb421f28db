// At most N in any second: a sliding window, so that no burst over the edge of two seconds gets through.

export class RateLimit {
  #taken: number[] = [];

  /** Takes a place, or says how many milliseconds until one is free. Refused calls take none. */
  take(
    limitPerSecond: number,
    nowMs: number,
  ): { ok: true; remaining: number } | { ok: false; waitMs: number } {
    const since = nowMs - 1000;
    const firstKept = this.#taken.findIndex((at) => at > since);
    this.#taken = firstKept === -1 ? [] : this.#taken.slice(firstKept);
    if (this.#taken.length >= limitPerSecond) {
      const oldest = this.#taken[this.#taken.length - limitPerSecond] ?? nowMs;
      return { ok: false, waitMs: Math.max(1, oldest + 1000 - nowMs) };
    }
    this.#taken.push(nowMs);
    return { ok: true, remaining: limitPerSecond - this.#taken.length };
  }
}

// Tells open pages that something changed. One look a second at most, for all of them together, and none while no
// page is open: the page must not cost the engine anything.
import type { Context } from "./engine.ts";
import { readPulse } from "./store/queries.ts";

const PULSE_MS = 1_000;

export class Pulse {
  readonly #context: Context;
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;
  #known: string | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Calls `onChange` from now on; answers what ends that. */
  listen(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    if (this.#listeners.size === 1) {
      this.#known = null;
      void this.#look();
    }
    return () => {
      this.#listeners.delete(onChange);
      if (this.#listeners.size > 0 || this.#timer === null) return;
      clearTimeout(this.#timer);
      this.#timer = null;
    };
  }

  async #look(): Promise<void> {
    const { sql, sync } = this.#context;
    const stored = await readPulse(sql).catch(() => null);
    if (stored !== null) {
      const { error, isReachable, syncedAtMs, appName } = sync.state;
      const pulse = JSON.stringify([stored, error, isReachable, syncedAtMs, appName]);
      if (this.#known !== null && pulse !== this.#known) for (const tell of this.#listeners) tell();
      this.#known = pulse;
    }
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = this.#listeners.size > 0 ? setTimeout(() => void this.#look(), PULSE_MS) : null;
    this.#timer?.unref();
  }
}

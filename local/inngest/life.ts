// This engine's sign of life (an advisory lock), the renewal of its leases, and the search for engines that
// died and left work behind.
import type { Sql } from "./store/database.ts";
import { connect } from "./store/database.ts";
import { LEASE_SECONDS } from "./store/jobs.ts";
import {
  listHeldJobs,
  registerEngine,
  releaseDeadLeases,
  releaseForgotten,
  renewLeases,
  tryHoldLife,
} from "./store/leases.ts";

/** Work of a dead engine is found within this time. */
const LOOK_MS = 1_000;
const FORGOTTEN_AFTER_LOOKS = 3;
const RENEW_MS = (LEASE_SECONDS * 1000) / 3;

export class Life {
  readonly #sql: Sql;
  readonly #url: string;
  readonly #log: (message: string) => void;
  #connection: Sql | null = null;
  #owner = 0;
  #timers: NodeJS.Timeout[] = [];
  #isEnded = false;

  constructor(sql: Sql, url: string, log: (message: string) => void) {
    this.#sql = sql;
    this.#url = url;
    this.#log = log;
  }

  /** Answers the number under which this engine holds leases. */
  async begin(): Promise<number> {
    this.#owner = await registerEngine(this.#sql, process.pid);
    await this.#hold();
    return this.#owner;
  }

  /** Takes the lock, and again after the connection was lost, until it has it. */
  async #hold(): Promise<void> {
    while (!this.#isEnded) {
      const connection: Sql = connect(this.#url, {
        max: 1,
        onclose: () => {
          if (this.#connection !== connection || this.#isEnded) return;
          this.#connection = null;
          void this.#hold();
        },
      });
      try {
        if (await tryHoldLife(connection, this.#owner)) {
          this.#connection = connection;
          return;
        }
      } catch {
        // The database is away; it will be back.
      }
      await connection.end({ timeout: 1 }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  keep(jobIds: () => string[], onFreed: () => void): void {
    let isLooking = false;
    let looksUnknown = new Map<string, number>();
    /** A job that is unknown at one look may be on its way to us; at several in a row it was forgotten. */
    const findForgotten = async () => {
      const known = new Set(jobIds());
      const unknown = (await listHeldJobs(this.#sql, this.#owner)).filter((id) => !known.has(id));
      looksUnknown = new Map(unknown.map((id) => [id, (looksUnknown.get(id) ?? 0) + 1]));
      const forgotten = unknown.filter((id) => (looksUnknown.get(id) ?? 0) >= FORGOTTEN_AFTER_LOOKS);
      if (forgotten.length === 0) return;
      await releaseForgotten(this.#sql, this.#owner, forgotten);
      onFreed();
    };
    const look = async () => {
      if (isLooking) return;
      isLooking = true;
      try {
        await findForgotten();
        const freed = await releaseDeadLeases(this.#sql, this.#owner);
        if (freed > 0) {
          this.#log(`Took over ${freed} jobs of an engine that is gone.`);
          onFreed();
        }
      } catch {
        // Tried again in a second.
      } finally {
        isLooking = false;
      }
    };
    const renew = async () => {
      const ids = jobIds();
      if (ids.length > 0) await renewLeases(this.#sql, this.#owner, ids).catch(() => {});
    };
    this.#timers = [setInterval(() => void look(), LOOK_MS), setInterval(() => void renew(), RENEW_MS)];
    void look();
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#connection?.end({ timeout: 1 }).catch(() => {});
  }
}

// Fires cron slots: one event and one run per slot, also with several engines. Slots that passed while no
// engine ran are not made up for, as on the real server; when the clock jumps over several, the last one fires.
import type { Clock } from "./clock.ts";
import { parseCron } from "./cron.ts";
import { cronEvent } from "./internal-events.ts";
import type { Registry } from "./registry.ts";
import type { Sql } from "./store/database.ts";
import { type CronRow, deleteCron, findNextCron, lockDueCrons, moveCron } from "./store/functions.ts";
import type { Writer } from "./writer.ts";

/** A slot this old at start belongs to a time when no engine ran. */
const MISSED_AFTER_MS = 60_000;
const POLL_MS = 10_000;

type CronsOptions = {
  sql: Sql;
  clock: Clock;
  writer: Writer;
  registry: () => Registry;
  log: (message: string) => void;
};

export class Crons {
  readonly #options: CronsOptions;
  #timer: NodeJS.Timeout | null = null;
  #isRunning = false;
  #isStopped = false;

  constructor(options: CronsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { sql, clock } = this.#options;
    const now = clock.now();
    await sql.begin(async (tx) => {
      for (const cron of await lockDueCrons(tx, now - MISSED_AFTER_MS)) {
        const next = nextSlot(cron.expression, now);
        await (next === null ? deleteCron(tx, cron) : moveCron(tx, { ...cron, next_at_ms: next }));
      }
    });
    this.wake();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  wake(): void {
    if (this.#isRunning || this.#isStopped) return;
    void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let delayMs = POLL_MS;
    try {
      await this.#fireDue();
      const next = await findNextCron(this.#options.sql);
      if (next !== null) delayMs = Math.min(Math.max(next - this.#options.clock.now(), 0), POLL_MS);
    } catch (error) {
      this.#options.log(`Cron schedules could not be looked at: ${String(error)}`);
    } finally {
      this.#isRunning = false;
    }
    if (this.#isStopped) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), delayMs);
  }

  /**
   * The slot's id makes its event unique, so a crash between the event and the move to the next slot fires
   * nothing twice: the event is there already.
   */
  async #fireDue(): Promise<void> {
    const { sql, clock, writer } = this.#options;
    await sql.begin(async (tx) => {
      const now = clock.now();
      for (const cron of await lockDueCrons(tx, now)) {
        const next = nextSlot(cron.expression, now);
        const fn = this.#options.registry().functions.get(cron.function_slug);
        if (fn && fn.archivedAtMs === null) {
          const event = cronEvent(cron, lastSlot(cron, now), clock);
          await writer.submit({ kind: "events", events: [event] });
        }
        await (next === null ? deleteCron(tx, cron) : moveCron(tx, { ...cron, next_at_ms: next }));
      }
    });
  }
}

function nextSlot(expression: string, afterMs: number): number | null {
  try {
    return parseCron(expression).next(afterMs);
  } catch {
    return null;
  }
}

/** The latest slot up to now: the one that is due, unless the clock jumped over more of them. */
function lastSlot(cron: CronRow, nowMs: number): number {
  const schedule = parseCron(cron.expression);
  let slot = cron.next_at_ms;
  for (let i = 0; i < 100_000; i++) {
    const next = schedule.next(slot);
    if (next === null || next > nowMs) break;
    slot = next;
  }
  return slot;
}

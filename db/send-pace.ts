// The pace at which mails leave, shared by all processes through one row and judged by the database's clock alone.
import { sql } from "drizzle-orm";
import type { Executor } from "./client";
import { sendPace } from "./schema";

const LANE = "email";

export type SendSlot =
  /** A place that is this mail's own: hand it over after `waitMs`, at most `nearMs`. */
  | { taken: true; waitMs: number }
  /** The queue is longer than that: come back after `waitMs` and ask again with `cameBack`. */
  | { taken: false; waitMs: number };

/**
 * Asks for the next place of a queue that moves one place per `intervalMs` (GCRA, the leaky bucket of ITU-T I.371,
 * with a burst of one). Who comes for the first time is only let in while nobody who was sent away is still expected.
 * Call outside of a transaction: the row is everybody's.
 */
export async function takeSendSlot(
  executor: Executor,
  { intervalMs, nearMs, cameBack }: { intervalMs: number; nearMs: number; cameBack: boolean },
): Promise<SendSlot> {
  const interval = sql`make_interval(secs => ${intervalMs / 1000}::float8)`;
  const near = sql`make_interval(secs => ${nearMs / 1000}::float8)`;
  const gate = sql`greatest(${sendPace.gateAt}, clock_timestamp())`;
  const plan = sql`greatest(${sendPace.planAt}, ${sendPace.gateAt}, clock_timestamp())`;
  const millis = (instant: ReturnType<typeof sql>, behind: ReturnType<typeof sql>) =>
    sql<number>`greatest(0, extract(epoch from ${instant} - ${behind} - clock_timestamp()) * 1000)::float8`;
  const isOpen = cameBack
    ? sql`${gate} - clock_timestamp() <= ${near}`
    : sql`${plan} - clock_timestamp() <= ${near}`;

  await executor
    .insert(sendPace)
    .values({ lane: LANE, gateAt: sql`clock_timestamp()`, planAt: sql`clock_timestamp()` })
    .onConflictDoNothing();
  const [taken] = await executor
    .update(sendPace)
    .set({ gateAt: sql`${gate} + ${interval}` })
    .where(sql`${sendPace.lane} = ${LANE} and ${isOpen}`)
    .returning({ waitMs: millis(sql`${sendPace.gateAt}`, interval) });
  if (taken) return { taken: true, waitMs: taken.waitMs };
  const [planned] = await executor
    .update(sendPace)
    .set({ planAt: sql`${plan} + ${interval}` })
    .where(sql`${sendPace.lane} = ${LANE}`)
    .returning({ waitMs: millis(sql`${sendPace.planAt}`, interval) });
  if (!planned) throw new Error("The row of the sending pace was removed while it was in use");
  return { taken: false, waitMs: planned.waitMs };
}

/** Nothing more leaves for `seconds`: the provider asked for it. Does nothing when no mail was ever paced. */
export async function holdSending(executor: Executor, seconds: number): Promise<void> {
  await executor.update(sendPace).set({
    gateAt: sql`greatest(${sendPace.gateAt}, clock_timestamp() + make_interval(secs => ${seconds}::float8))`,
  });
}

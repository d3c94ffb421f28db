// The pace at which mails leave, shared by all processes through one row and judged by the database's clock alone.
import { eq, type SQL, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { sendPace } from "./schema";

const LANE = "email";

const seconds = (ms: number) => sql`make_interval(secs => ${ms / 1000}::float8)`;
/** How long from now until `instant`, never below 0. */
const millisUntil = (instant: SQL) =>
  sql<number>`greatest(0, extract(epoch from ${instant} - clock_timestamp()) * 1000)::float8`;
/** greatest() passes over a null. */
const plan = sql`greatest(${sendPace.planAt}, ${sendPace.gateAt}, ${sendPace.holdUntil}, clock_timestamp())`;
const behind = sql`greatest(${sendPace.gateAt}, ${sendPace.holdUntil}) - clock_timestamp()`;

/**
 * Whether a mail may try now or should come back later: 0, or after how many milliseconds its place in the queue
 * comes up. Who comes for the first time gets the next place, and is told 0 when that is within `nearMs`; who
 * `hadPlace` gets another one only when the gate is further behind than `readyMs`.
 */
export async function planSend(
  executor: Executor,
  {
    intervalMs,
    nearMs,
    readyMs,
    hadPlace,
  }: { intervalMs: number; nearMs: number; readyMs: number; hadPlace: boolean },
): Promise<number> {
  const isPunctual = sql`${hadPlace}::boolean and ${behind} <= ${seconds(readyMs)}`;
  await ensureLane(executor);
  const [row] = await executor
    .update(sendPace)
    .set({
      planAt: sql`case when ${isPunctual} then ${sendPace.planAt} else ${plan} + ${seconds(intervalMs)} end`,
    })
    .where(eq(sendPace.lane, LANE))
    .returning({
      isPunctual: sql<boolean>`${isPunctual}`,
      waitMs: millisUntil(sql`${sendPace.planAt} - ${seconds(intervalMs)}`),
    });
  if (!row) throw new Error(LANE_GONE);
  return row.isPunctual || row.waitMs <= nearMs ? 0 : row.waitMs;
}

/**
 * The instant of this one mail: hand it over after so many milliseconds, exactly. Instants are one interval apart
 * (GCRA, the leaky bucket of ITU-T I.371, with a burst of one), for all processes together. The end of a hold that is
 * within `readyMs` is waited for; a longer one does not keep who has begun.
 */
export async function takeSendInstant(
  executor: Executor,
  { intervalMs, readyMs }: { intervalMs: number; readyMs: number },
): Promise<number> {
  const hold = sql`case when ${sendPace.holdUntil} <= clock_timestamp() + ${seconds(readyMs)} then ${sendPace.holdUntil} end`;
  const gate = sql`greatest(${sendPace.gateAt}, ${hold}, clock_timestamp())`;
  await ensureLane(executor);
  const [row] = await executor
    .update(sendPace)
    .set({ gateAt: sql`${gate} + ${seconds(intervalMs)}` })
    .where(eq(sendPace.lane, LANE))
    .returning({ waitMs: millisUntil(sql`${sendPace.gateAt} - ${seconds(intervalMs)}`) });
  if (!row) throw new Error(LANE_GONE);
  return row.waitMs;
}

const LANE_GONE = "The row of the sending pace was removed while it was in use";

async function ensureLane(executor: Executor): Promise<void> {
  await executor
    .insert(sendPace)
    .values({ lane: LANE, gateAt: sql`clock_timestamp()`, planAt: sql`clock_timestamp()` })
    .onConflictDoNothing();
}

/** No further mail is begun for `seconds`: the provider asked for it. Does nothing when no mail was ever paced. */
export async function holdSending(executor: Executor, holdSeconds: number): Promise<void> {
  const until = sql`clock_timestamp() + ${seconds(holdSeconds * 1000)}`;
  await executor.update(sendPace).set({ holdUntil: sql`greatest(${sendPace.holdUntil}, ${until})` });
}

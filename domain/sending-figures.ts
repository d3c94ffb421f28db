// How sending goes, in numbers for monitoring: what waits and how long, and what became of the last hour's mails.
import { RECENT_MAX, readSendingRows, type SendingRows } from "@/db/sending-figures";
import { type CanaryFigures, readCanary } from "./canary";
import { addSeconds } from "./clock";
import type { Services } from "./services";

/** Longer than the whole schedule of retries (60 + 120 + 240 + 480 + 900 s): most mails are settled within it. */
export const RECENT_SECONDS = 3600;
/** For one question. A monitor that asks every 15 s must not pile up questions in a database that is busy. */
const QUESTION_MS = 2_000;

export type SendingFigures = Pick<SendingRows, "deliveries" | "attempts"> & {
  waiting: { status: SendingRows["waiting"][number]["status"]; count: number }[];
  /** Since the oldest mail that is not sent yet was queued; 0 when none waits. */
  oldestWaitSeconds: number;
  /** Since the earliest planned attempt was due; 0 when none is late. */
  overdueSeconds: number;
  outboxCount: number;
  /** Since the oldest event was written that the engine has not got; 0 when there is none. */
  outboxWaitSeconds: number;
  /** The last hour had more mails than are looked at: `deliveries` and `attempts` are of the newest of them. */
  isCutShort: boolean;
  webhooks: {
    /** Those that wait, and those that were delivered or given up within the last hour. */
    counts: SendingRows["webhooks"]["counts"];
    /** Since the earliest planned attempt was due; 0 when none is late. */
    overdueSeconds: number;
  };
  /** Null where there is no canary. */
  canary: CanaryFigures | null;
};

/** Reads them. Throws when the database is away, or too busy to answer within seconds. */
export async function readSendingFigures(services: Services): Promise<SendingFigures> {
  const now = services.clock();
  const rows = await readSendingRows(services.db, addSeconds(now, -RECENT_SECONDS), QUESTION_MS);
  const since = (instant: Date | null) =>
    instant === null ? 0 : Math.max(0, (now.getTime() - instant.getTime()) / 1000);
  const canary = services.settings.canaryTo === null ? null : await readCanary(services);
  return {
    canary,
    webhooks: { counts: rows.webhooks.counts, overdueSeconds: since(rows.webhooks.dueAt) },
    waiting: rows.waiting.map(({ status, count }) => ({ status, count })),
    oldestWaitSeconds: Math.max(0, ...rows.waiting.map(({ oldestAt }) => since(oldestAt))),
    overdueSeconds: since(rows.dueAt),
    outboxCount: rows.outbox.count,
    outboxWaitSeconds: since(rows.outbox.oldestAt),
    deliveries: rows.deliveries,
    attempts: rows.attempts,
    isCutShort: rows.deliveries.reduce((sum, { count }) => sum + count, 0) >= RECENT_MAX,
  };
}

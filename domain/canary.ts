// A registration of our own every few minutes, to an address of ours that nobody reads: by the way that everybody's
// goes, so that operators hear of a broken one before people do (docs/decisions/031). It counts in no limit and in no
// figure of success, nobody outside is told of it, and its claim is removed as soon as its mail has been taken.
import { randomBytes, randomUUID } from "node:crypto";
import {
  findCanaryMail,
  insertCanaryRun,
  listEndedCanaryRuns,
  listOpenCanaryRuns,
  lockOpenCanaryRun,
  updateCanaryRun,
} from "@/db/canary";
import { lockClaim, onClaims } from "@/db/claim-transactions";
import { removeTraces } from "@/db/erasure";
import { DomainError } from "./errors";
import { type QueuedDelivery, registerUser } from "./registration";
import type { Services } from "./services";

/** Since the registration; a mail that takes longer has not come through. Shorter than the time between two runs. */
export const CANARY_PATIENCE_SECONDS = 240;

export type CanaryStart = { runId: string; queued: QueuedDelivery | null };

/**
 * Ends what an earlier run has left behind, and registers. `queued` null: the registration itself failed, and the run
 * has ended with the reason. Hand `queued` to the engine as for anybody, and note how long all of it took.
 */
export async function startCanary(services: Services, to: string): Promise<CanaryStart> {
  const { db, clock, log } = services;
  for (const run of await listOpenCanaryRuns(db)) await endCanary(services, run.id, { isPatient: false });
  const runId = randomUUID();
  await insertCanaryRun(db, { id: runId, startedAt: clock() });
  try {
    const { user, deliveryId, outboxId, event } = await registerUser(services, {
      username: `canary-${randomBytes(8).toString("hex")}`,
      email: to,
      password: randomBytes(24).toString("base64url"),
      isCanary: true,
    });
    await updateCanaryRun(db, runId, { userId: user.id, deliveryId });
    return { runId, queued: { deliveryId, outboxId, event } };
  } catch (error) {
    const reasonCode = error instanceof DomainError ? error.code : "registration_failed";
    await updateCanaryRun(db, runId, { endedAt: clock(), reasonCode });
    log.error({ err: error, runId }, "The canary could not register");
    return { runId, queued: null };
  }
}

/** The registration was answered, as far as a person would have noticed. */
export const noteCanaryAnswer = ({ db }: Services, runId: string, answeredMs: number): Promise<void> =>
  updateCanaryRun(db, runId, { answeredMs: Math.round(answeredMs) });

/** Where a mail stands that will not be taken any more. */
const LOST: readonly string[] = ["failed", "bounced", "suppressed", "cancelled"];

/**
 * Ends the run and removes its claim, once its mail was taken or cannot be any more; with `isPatient` false also one
 * that is still under way. Returns whether the run has ended.
 */
export async function endCanary(
  services: Services,
  runId: string,
  { isPatient }: { isPatient: boolean },
): Promise<boolean> {
  const { clock, log } = services;
  return onClaims(services, async (tx) => {
    const run = await lockOpenCanaryRun(tx, runId);
    if (!run) return true;
    // Before its mail (db/locks.ts).
    const user = run.userId && (await lockClaim(tx, run.userId));
    const mail = run.deliveryId && (await findCanaryMail(tx, run.deliveryId));
    const acceptedAt = mail ? mail.sentAt : null;
    const isLost = !mail || LOST.includes(mail.status);
    if (isPatient && !acceptedAt && !isLost) return false;
    if (user) await removeTraces(tx, [user.id], null, { keepAudit: false });
    const reasonCode = acceptedAt ? null : ((mail && (mail.reasonCode ?? mail.errorCode)) ?? "not_in_time");
    await updateCanaryRun(tx, runId, { acceptedAt, endedAt: clock(), reasonCode });
    if (reasonCode !== null)
      log.error({ runId, reason: reasonCode }, `The canary did not come through: ${reasonCode}`);
    return true;
  });
}

const DAY_SECONDS = 86_400;
/** More than a day has of them. */
const DAY_MAX = 1_000;

export type CanaryFigures = {
  /** The newest run that has ended; null when none has within a day. */
  last: {
    startedAt: Date;
    acceptedAfterMs: number | null;
    answeredMs: number | null;
    reason: string | null;
  } | null;
  /** When the newest run began that came through; null when none has within a day. */
  lastThroughAt: Date | null;
  lastDay: { runs: number; through: number; slowestMs: number | null };
};

/** How the canary has fared within a day. */
export async function readCanary({ db, clock }: Pick<Services, "db" | "clock">): Promise<CanaryFigures> {
  const since = new Date(clock().getTime() - DAY_SECONDS * 1000);
  const runs = (await listEndedCanaryRuns(db, since, DAY_MAX)).map((run) => ({
    ...run,
    acceptedAfterMs: run.acceptedAt && run.acceptedAt.getTime() - run.startedAt.getTime(),
  }));
  const through = runs.flatMap(({ acceptedAfterMs }) => acceptedAfterMs ?? []);
  const [last] = runs;
  return {
    last: last
      ? {
          startedAt: last.startedAt,
          acceptedAfterMs: last.acceptedAfterMs,
          answeredMs: last.answeredMs,
          reason: last.reasonCode,
        }
      : null,
    lastThroughAt: runs.find(({ acceptedAt }) => acceptedAt)?.startedAt ?? null,
    lastDay: {
      runs: runs.length,
      through: through.length,
      slowestMs: through.length > 0 ? Math.max(...through) : null,
    },
  };
}

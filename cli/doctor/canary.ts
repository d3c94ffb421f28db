// Does the canary run, and does its mail come through (docs/decisions/031)?
import { openDatabase } from "../../db/client";
import { CANARY_PATIENCE_SECONDS, type CanaryFigures, readCanary } from "../../domain/canary";
import type { Variables } from "./environment";
import { type Finding, ok, problem, warning } from "./finding";

/** It runs every five minutes, and is given up after four. */
const OLD_SECONDS = 2 * 300 + CANARY_PATIENCE_SECONDS;
const TIMEOUT_MS = 5_000;

/** Never throws. Nothing to say where there is none, or no database: that one's part has said so. */
export async function checkCanary({ CANARY_TO, DATABASE_URL }: Variables): Promise<Finding[]> {
  if (!CANARY_TO || !DATABASE_URL) return [];
  const now = new Date();
  try {
    const database = openDatabase(DATABASE_URL, 1);
    try {
      await database.probe(TIMEOUT_MS);
      return [judgeCanary(await readCanary({ db: database.db, clock: () => now }), now)];
    } finally {
      await database.close();
    }
  } catch {
    return [];
  }
}

export function judgeCanary({ last }: Pick<CanaryFigures, "last">, now: Date): Finding {
  if (!last)
    return warning(
      "canary",
      "CANARY_TO is set, and no canary has ended within a day.",
      "Start the app with this environment, register it anew with the engine (Sync app), and look again in ten minutes.",
    );
  const agoSeconds = Math.max(0, (now.getTime() - last.startedAt.getTime()) / 1000);
  const ago = `${Math.round(agoSeconds / 60)} min ago`;
  if (agoSeconds > OLD_SECONDS)
    return problem(
      "canary",
      `The last canary set out ${ago}, and one should every five minutes.`,
      "See that the engine runs and has the function canary (npm run ops -- registered).",
    );
  if (last.acceptedAfterMs === null)
    return problem(
      "canary",
      `The canary of ${ago} did not come through: ${last.reason ?? "nobody knows why"}.`,
      last.reason === "address_suppressed"
        ? "Its mail bounced before: take another address for CANARY_TO."
        : "So do people's mails, perhaps: mend what is said of engine and mail, then look at /ops.",
    );
  return ok(
    "canary",
    `The canary of ${ago} came through, ${(last.acceptedAfterMs / 1000).toFixed(1)} s after it registered.`,
  );
}

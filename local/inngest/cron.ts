// Cron expressions as the real server reads them (robfig/cron): five fields or a descriptor, with an optional
// `TZ=Zone ` in front. Without it the zone is UTC.
import { Cron } from "croner";
import { parseDuration } from "./schedule.ts";

export type Schedule = {
  /** The first slot after `afterMs` (exclusive), Unix milliseconds; null when there is none. */
  next(afterMs: number): number | null;
};

const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Reads a cron trigger. Throws a sentence when it cannot. */
export function parseCron(source: string): Schedule {
  const match = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.+)$/.exec(source.trim());
  const timezone = match?.[1] ?? "UTC";
  const pattern = match?.[2] ?? "";
  if (pattern.startsWith("@every ")) return everySchedule(pattern.slice("@every ".length).trim());
  const fields = DESCRIPTORS[pattern] ?? pattern;
  if (fields.startsWith("@")) throw new Error(`unknown descriptor "${pattern}"`);
  const cron = new Cron(fields, { timezone, paused: true, mode: "5-part" });
  // A zone that does not exist shows only when a date is computed.
  cron.nextRun(new Date(0));
  return { next: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() ?? null };
}

function everySchedule(text: string): Schedule {
  const periodMs = parseDuration(text);
  if (periodMs === null || periodMs < 1_000)
    throw new Error(`"@every ${text}" is not a duration of 1 s or more`);
  return { next: (afterMs) => (Math.floor(afterMs / periodMs) + 1) * periodMs };
}

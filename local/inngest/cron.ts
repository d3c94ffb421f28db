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

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const DAYS = "sun mon tue wed thu fri sat".split(" ");

/** The five fields of robfig/cron's standard parser: what each may hold, and the names of its values. */
const FIELDS = [
  { name: "minute", min: 0, max: 59, names: [] },
  { name: "hour", min: 0, max: 23, names: [] },
  { name: "day of month", min: 1, max: 31, names: [] },
  { name: "month", min: 1, max: 12, names: MONTHS },
  { name: "day of week", min: 0, max: 6, names: DAYS },
] as const;
type Field = (typeof FIELDS)[number];

/**
 * The fields as croner reads them. Throws a sentence for what that parser does not read: croner takes more (dates,
 * seconds, `L`, `#`, `W`, a 7th day).
 */
function readStandardFields(pattern: string): string {
  const parts = pattern.split(/\s+/);
  if (parts.length !== FIELDS.length)
    throw new Error(
      `"${pattern}" has ${parts.length} fields; minute, hour, day, month and weekday are wanted`,
    );
  const read = FIELDS.map((field, index) =>
    (parts[index] ?? "")
      .split(",")
      .map((range) => readRange(range, field))
      .join(","),
  );
  return read.join(" ");
}

/** `*`, `?`, a value or two with a dash between, and after a slash a step: from one value to the last one then. */
function readRange(text: string, field: Field): string {
  const [, all, first, last, step] = /^(?:([*?])|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(text) ?? [];
  const from = first === undefined ? null : readValue(first, field);
  const to = last === undefined ? from : readValue(last, field);
  const isRange = all !== undefined || (from !== null && to !== null && from <= to);
  if (!isRange || (step !== undefined && Number(step) === 0))
    throw new Error(`"${text}" is no ${field.name}`);
  return step !== undefined && all === undefined && last === undefined
    ? `${from}-${field.max}/${step}`
    : text;
}

function readValue(text: string, { min, max, names }: Field): number | null {
  const named = (names as readonly string[]).indexOf(text.toLowerCase());
  const value = named >= 0 ? named + min : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : null;
}

/** Reads a cron trigger. Throws a sentence when it cannot, or when it would never come. */
export function parseCron(source: string): Schedule {
  const match = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.+)$/.exec(source.trim());
  const timezone = match?.[1] ?? "UTC";
  const pattern = match?.[2] ?? "";
  if (pattern.startsWith("@every ")) return everySchedule(pattern.slice("@every ".length).trim());
  const known = DESCRIPTORS[pattern] ?? pattern;
  if (known.startsWith("@")) throw new Error(`unknown descriptor "${pattern}"`);
  const fields = readStandardFields(known);
  const cron = new Cron(fields, { timezone, paused: true, mode: "5-part" });
  const next = (afterMs: number) => {
    const at = cron.nextRun(new Date(afterMs))?.getTime();
    return at === undefined || Number.isNaN(at) ? null : at;
  };
  // A zone that does not exist shows only when a date is computed.
  if (next(0) === null) throw new Error(`"${pattern}" never comes`);
  return { next };
}

function everySchedule(text: string): Schedule {
  const periodMs = parseDuration(text);
  if (periodMs === null || periodMs < 1_000)
    throw new Error(`"@every ${text}" is not a duration of 1 s or more`);
  return { next: (afterMs) => (Math.floor(afterMs / periodMs) + 1) * periodMs };
}

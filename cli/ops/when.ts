// Times on the command line, both ways.
import { UsageError } from "./command";

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A day, or an instant as ISO 8601 and sayTime write it. */
const INSTANT = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/** `90m`, `2h`, `3d` ago, or an instant in ISO 8601, from 1970 to 9999. Throws UsageError for anything else. */
export function readTime(typed: string, now: Date): Date {
  const text = typed.trim();
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const at =
    count && unit
      ? new Date(now.getTime() - Number(count) * UNITS[unit as keyof typeof UNITS] * 1000)
      : readInstant(text);
  // Earlier and later ones are written in ways that Postgres does not read; no mail is from then.
  if (!at || !(at.getTime() >= 0) || at.getUTCFullYear() > 9999)
    throw new UsageError(`"${typed}" is no time. Say 90m, 2h or 3d (ago), or 2026-01-31T12:00:00Z.`);
  return at;
}

/** Null for another text, and for a day that no calendar has: Date takes 31 February for 3 March. */
function readInstant(text: string): Date | null {
  const [, day] = INSTANT.exec(text) ?? [];
  if (!day) return null;
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return null;
  return new Date(text.replace(" ", "T"));
}

/** To the second, in UTC. */
export const sayTime = (at: Date): string => `${at.toISOString().slice(0, 19).replace("T", " ")}Z`;

// Times on the command line, both ways.
import { UsageError } from "./command";

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90m`, `2h`, `3d` ago, or an instant in ISO 8601. Throws UsageError for anything else. */
export function readTime(typed: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(typed.trim()) ?? [];
  if (count && unit)
    return new Date(now.getTime() - Number(count) * UNITS[unit as keyof typeof UNITS] * 1000);
  const at = /^\d{4}-\d{2}-\d{2}/.test(typed) ? new Date(typed) : null;
  if (!at || Number.isNaN(at.getTime()))
    throw new UsageError(`"${typed}" is no time. Say 90m, 2h or 3d (ago), or 2026-01-31T12:00:00Z.`);
  return at;
}

/** To the second, in UTC. */
export const sayTime = (at: Date): string => `${at.toISOString().slice(0, 19).replace("T", " ")}Z`;

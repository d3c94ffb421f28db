// When does something happen next? Durations, dates, Retry-After and the server's backoff. Pure.
import type { Clock } from "./clock.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNIT_MS: Readonly<Record<string, number>> = {
  w: 7 * DAY,
  d: DAY,
  h: HOUR,
  m: MINUTE,
  s: SECOND,
  ms: 1,
};

/** The longest sleep or wait the real server takes. */
export const WAIT_MAX_MS = 366 * DAY;

/** The real server's table: wait after the n-th failed attempt (n from 0); the last one repeats. */
const BACKOFF_MS = [
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  20 * MINUTE,
  40 * MINUTE,
  HOUR,
  2 * HOUR,
];
/** The real server adds 0 to 30 s so that what failed together does not come back together. */
export const BACKOFF_JITTER_MAX_MS = 30 * SECOND;

export const RETRY_AFTER_MIN_MS = SECOND;
export const RETRY_AFTER_MAX_MS = DAY;

export function randomJitterMs(): number {
  return Math.floor(Math.random() * BACKOFF_JITTER_MAX_MS);
}

/** Wait before the next attempt when the app did not say, `attempt` being the one that failed (from 0). */
export function backoffMs(attempt: number, jitterMs: number): number {
  const index = Math.min(Math.max(attempt, 0), BACKOFF_MS.length - 1);
  return (BACKOFF_MS[index] ?? 2 * HOUR) + jitterMs;
}

/** Milliseconds of a duration as the SDK writes it: `1d2h3m4s` (units w d h m s ms). Null when it is none. */
export function parseDuration(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|[wdhms]))+$/.test(text)) return null;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[wdhms])/g)) {
    totalMs += Number(amount) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  }
  return Number.isFinite(totalMs) ? Math.round(totalMs) : null;
}

/**
 * Engine time at which a sleep or a wait ends, from the SDK's text: a duration counted from now, or a date,
 * which the app meant in real time. A date in the past means now. Null when it is neither.
 */
export function parseDue(text: string, clock: Clock): number | null {
  const durationMs = parseDuration(text);
  const now = clock.now();
  if (durationMs !== null) return now + Math.min(durationMs, WAIT_MAX_MS);
  if (!/^\d{4}-/.test(text)) return null;
  const dateMs = Date.parse(text);
  if (Number.isNaN(dateMs)) return null;
  return Math.min(Math.max(clock.fromReal(dateMs), now), now + WAIT_MAX_MS);
}

/**
 * Wait asked for by a Retry-After header: seconds, or a date in real time. Clipped to 1 s … 24 h, and exact
 * (the real server may come up to a second early for seconds). Null when the header cannot be read.
 */
export function parseRetryAfter(header: string, realNowMs: number): number | null {
  const text = header.trim();
  let waitMs: number;
  if (/^\d+(\.\d+)?$/.test(text)) waitMs = Number(text) * SECOND;
  else {
    // RFC 3339 or RFC 1123; left alone, Date.parse finds a date in almost any text.
    const dateMs = /^(\d{4}-\d\d-\d\dT|[A-Z][a-z]{2}, \d)/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(dateMs)) return null;
    waitMs = dateMs - realNowMs;
  }
  return Math.round(Math.min(Math.max(waitMs, RETRY_AFTER_MIN_MS), RETRY_AFTER_MAX_MS));
}

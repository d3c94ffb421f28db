// When is a failed attempt tried again? Pure: no clock, no database. Promise P4: 60, 120, 240, 480, 900 s, then say so.
import type { FailureClass } from "@/emails/transport";

export type RetryPolicy = {
  /** Attempts in all; 6 by default (the first and five retries). */
  maxAttempts: number;
  /** Seconds before the second attempt; doubles from there. */
  baseSeconds: number;
  /** No wait of ours is longer than this many seconds. */
  maxSeconds: number;
};

/** So many answers "too many a second" cost one mail no try. The next ones do, so that there is an end to it. */
export const PACED_ATTEMPTS_MAX = 10;
/** Limits per second are over within seconds; who asks for more than this means something else by 429. */
const PACED_WAIT_MAX_SECONDS = 60;

export type RetryDecision = { retry: true; waitSeconds: number } | { retry: false };

/** A provider may ask for a longer wait than ours, but not past a day (the engine's own limit). */
const LONGEST_WAIT_SECONDS = 24 * 3600;

/** Seconds between attempt `attempt` (from 1) and the next one by our own schedule. */
export function scheduledWaitSeconds(policy: RetryPolicy, attempt: number): number {
  return Math.min(policy.baseSeconds * 2 ** (attempt - 1), policy.maxSeconds);
}

/**
 * Decides what follows a failed attempt. `attempt` counts from 1; lost attempts are not counted.
 * The provider's own `retryAfterSeconds` wins when it is longer than the schedule.
 */
export function decideRetry(
  policy: RetryPolicy,
  attempt: number,
  failure: { class: FailureClass; retryAfterSeconds: number | null },
): RetryDecision {
  if (failure.class === "permanent" || attempt >= policy.maxAttempts) return { retry: false };
  const scheduled = scheduledWaitSeconds(policy, attempt);
  const wanted = failure.retryAfterSeconds ?? 0;
  return { retry: true, waitSeconds: Math.min(Math.max(scheduled, wanted), LONGEST_WAIT_SECONDS) };
}

/**
 * Seconds until an attempt that was too early for the provider's rate is made again, without a try used up; null when
 * it is a failure like any other: another refusal, no pace of ours (`intervalMs` null), a longer wait than a rate per
 * second explains, or one after `pacedCount` others. A quota that is exhausted has another code.
 */
export function decidePacedWait(
  failure: { code: string; retryAfterSeconds: number | null },
  intervalMs: number | null,
  pacedCount: number,
): number | null {
  if (failure.code !== "rate_limited" || intervalMs === null || pacedCount >= PACED_ATTEMPTS_MAX) return null;
  const waitSeconds = Math.max(failure.retryAfterSeconds ?? 1, intervalMs / 1000);
  return waitSeconds <= PACED_WAIT_MAX_SECONDS ? waitSeconds : null;
}

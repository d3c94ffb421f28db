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

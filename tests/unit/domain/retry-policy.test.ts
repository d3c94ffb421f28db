import { describe, expect, test } from "vitest";
import { decidePacedWait, decideRetry, scheduledWaitSeconds } from "@/domain/retry-policy";

const policy = { maxAttempts: 6, baseSeconds: 60, maxSeconds: 900 };
const transient = { class: "transient", retryAfterSeconds: null } as const;

describe("the retry schedule (P4)", () => {
  test("waits 60, 120, 240, 480 and 900 seconds, then stops", () => {
    const waits = [1, 2, 3, 4, 5, 6].map((attempt) => decideRetry(policy, attempt, transient));
    expect(waits).toEqual([
      { retry: true, waitSeconds: 60 },
      { retry: true, waitSeconds: 120 },
      { retry: true, waitSeconds: 240 },
      { retry: true, waitSeconds: 480 },
      { retry: true, waitSeconds: 900 },
      { retry: false },
    ]);
  });

  test("never waits longer than the cap by itself", () => {
    expect(scheduledWaitSeconds(policy, 20)).toBe(900);
  });

  test("a permanent refusal stops at once", () => {
    expect(decideRetry(policy, 1, { class: "permanent", retryAfterSeconds: 5 })).toEqual({ retry: false });
  });

  test.each(["transient", "ambiguous", "ours"] as const)("%s failures are tried again", (failureClass) => {
    expect(decideRetry(policy, 1, { class: failureClass, retryAfterSeconds: null }).retry).toBe(true);
  });

  test("the provider's own wait wins when it is longer, not when it is shorter, and never past a day", () => {
    const decideAfter = (retryAfterSeconds: number) =>
      decideRetry(policy, 1, { class: "transient", retryAfterSeconds });
    expect(decideAfter(300)).toEqual({ retry: true, waitSeconds: 300 });
    expect(decideAfter(3)).toEqual({ retry: true, waitSeconds: 60 });
    expect(decideAfter(10_000_000)).toEqual({ retry: true, waitSeconds: 86_400 });
  });

  test("no retries configured means one attempt", () => {
    expect(decideRetry({ ...policy, maxAttempts: 1 }, 1, transient)).toEqual({ retry: false });
  });
});

describe("an answer that a mail came too early for the provider's rate", () => {
  const tooEarly = (retryAfterSeconds: number | null) => ({ code: "rate_limited", retryAfterSeconds });

  test("is waited out as long as the provider says, an interval of the pace at least, a second when it says nothing", () => {
    expect(decidePacedWait(tooEarly(7), 107, 0)).toBe(7);
    expect(decidePacedWait(tooEarly(0), 107, 0)).toBe(0.107);
    expect(decidePacedWait(tooEarly(null), 107, 0)).toBe(1);
    expect(decidePacedWait(tooEarly(1), 10_700, 0)).toBe(10.7);
  });

  test("is a failure like any other after ten of them, without a pace, or with more than a minute to wait", () => {
    expect(decidePacedWait(tooEarly(1), 107, 9)).toBe(1);
    expect(decidePacedWait(tooEarly(1), 107, 10)).toBeNull();
    expect(decidePacedWait(tooEarly(1), null, 0)).toBeNull();
    expect(decidePacedWait(tooEarly(61), 107, 0)).toBeNull();
  });

  test("is no other refusal, also not a quota that is used up", () => {
    for (const code of ["quota_exceeded", "server_busy", "try_later"])
      expect(decidePacedWait({ code, retryAfterSeconds: 1 }, 107, 0)).toBeNull();
  });
});

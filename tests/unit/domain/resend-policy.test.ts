import { describe, expect, test } from "vitest";
import { addSeconds } from "@/domain/clock";
import { decideResend } from "@/domain/resend-policy";

const start = new Date("2026-01-01T12:00:00.000Z");
const at = (seconds: number) => addSeconds(start, seconds);
/** A claim that is alone with its address: what comes after its first mail counts for the address. */
const alone = (...seconds: number[]) => ({
  ofClaim: seconds.map(at),
  furtherToAddress: seconds.slice(1).map(at),
});

describe("asking for another code", () => {
  test("is refused for 60 s after the registration, and says until when", () => {
    expect(decideResend(alone(0), at(59))).toEqual({
      allowed: false,
      reason: "cooldown",
      nextAllowedAt: at(60),
    });
    expect(decideResend(alone(0), at(60))).toEqual({ allowed: true });
  });

  test("waits 120 s after the first resend and 300 s after every further one", () => {
    expect(decideResend(alone(0, 60), at(61))).toMatchObject({ nextAllowedAt: at(180) });
    expect(decideResend(alone(0, 60, 180), at(181))).toMatchObject({ nextAllowedAt: at(480) });
    expect(decideResend(alone(0, 60, 180, 480), at(481))).toMatchObject({ nextAllowedAt: at(780) });
  });

  test("is allowed five times an hour; the sixth waits until the oldest is an hour old", () => {
    const mails = alone(0, 60, 180, 480, 780, 1080);
    expect(decideResend(mails, at(1500))).toEqual({
      allowed: false,
      reason: "limit",
      nextAllowedAt: at(3660),
    });
    expect(decideResend(mails, at(3660))).toEqual({ allowed: true });
  });

  test("is allowed ten times a day", () => {
    const mails = alone(...Array.from({ length: 11 }, (_, index) => index * 3600));
    expect(decideResend(mails, at(11 * 3600))).toEqual({
      allowed: false,
      reason: "limit",
      nextAllowedAt: at(3600 + 86_400),
    });
  });

  test("counts what other claims on the address asked for", () => {
    const furtherToAddress = [100, 200, 300, 400, 500].map(at);
    expect(decideResend({ ofClaim: [at(600)], furtherToAddress }, at(700))).toEqual({
      allowed: false,
      reason: "limit",
      nextAllowedAt: at(3700),
    });
  });

  test("does not wait for other claims' mails beyond that", () => {
    const mails = { ofClaim: [at(0)], furtherToAddress: [at(59)] };
    expect(decideResend(mails, at(60))).toEqual({ allowed: true });
  });

  test("is allowed when nothing was queued in the last day", () => {
    expect(decideResend(alone(), start)).toEqual({ allowed: true });
  });
});

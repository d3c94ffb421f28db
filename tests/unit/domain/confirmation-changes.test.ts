import { describe, expect, test } from "vitest";
import { addSeconds } from "@/domain/clock";
import { type ConfirmationFacts, findNextChange } from "@/domain/confirmation-changes";
import { TRIES_PER_CLAIM } from "@/domain/confirmation-code";

const NOW = new Date("2026-11-24T10:00:00.000Z");
const inSeconds = (seconds: number) => addSeconds(NOW, seconds);

/** As far as it is looked at; the rest of the rows makes no difference. */
type Given = {
  user?: Partial<ConfirmationFacts["user"]>;
  endShownFrom?: Date | null;
  expiresAt?: (Date | null)[];
  nextAllowedAt?: Date;
};

function changeOf({ user = {}, endShownFrom = null, expiresAt = [], nextAllowedAt }: Given): number | null {
  const facts = {
    user: {
      emailConfirmedAt: null,
      claimExpiresAt: inSeconds(86_400),
      wrongCodeCount: 0,
      wrongCodeAt: null,
      ...user,
    },
    delivery: { endShownFrom },
    codes: expiresAt.map((instant) => ({ expiresAt: instant })),
    resend: nextAllowedAt ? { allowed: false, reason: "cooldown", nextAllowedAt } : { allowed: true },
  } as unknown as ConfirmationFacts;
  const at = findNextChange(facts, NOW);
  return at && (at.getTime() - NOW.getTime()) / 1000;
}

describe("time alone changes a confirmation", () => {
  test("when another mail may be asked for, a code expires, another one may be tried, or a mail shows as delivered", () => {
    expect(changeOf({ nextAllowedAt: inSeconds(60) })).toBe(60);
    expect(changeOf({ expiresAt: [inSeconds(900)] })).toBe(900);
    expect(changeOf({ user: { wrongCodeCount: TRIES_PER_CLAIM, wrongCodeAt: NOW } })).toBe(30);
    expect(changeOf({ endShownFrom: inSeconds(4) })).toBe(4);
  });

  test("first at the earliest of these: also of the code before the newest", () => {
    const expiresAt = [null, inSeconds(900), inSeconds(50)];
    expect(changeOf({ expiresAt, nextAllowedAt: inSeconds(60), endShownFrom: inSeconds(70) })).toBe(50);
  });

  test("not by what has passed, and at last when the claim ends", () => {
    expect(changeOf({ expiresAt: [inSeconds(-1), NOW], endShownFrom: inSeconds(-5) })).toBe(86_400);
  });

  test("no more once the address is confirmed", () => {
    expect(changeOf({ user: { emailConfirmedAt: NOW }, nextAllowedAt: inSeconds(60) })).toBeNull();
  });
});

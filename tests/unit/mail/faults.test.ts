import { describe, expect, test } from "vitest";
import { type Attempt, decideFate, outcomeOfTags } from "../../../local/mail/fate";
import { CALM, Dial, describeDial, drawFault, FAULT_KINDS } from "../../../local/mail/faults";

const dialOf = (faults: object[], change: object = {}) => Dial.parse({ faults, ...change });

describe("a draw", () => {
  const dial = dialOf([
    { kind: "refuse", percent: 30 },
    { kind: "hang", percent: 10 },
    { kind: "lost_reply", percent: 10 },
  ]);
  const kinds = (seed: string, count = 10_000) =>
    Array.from({ length: count }, (_, n) => drawFault({ ...dial, seed }, `mail ${n}`, 1)?.kind ?? "none");

  test("gives each fault its share", () => {
    const drawn = kinds("a");
    const share = (kind: string) => drawn.filter((one) => one === kind).length / drawn.length;
    expect(share("refuse")).toBeCloseTo(0.3, 1);
    expect(share("hang")).toBeCloseTo(0.1, 1);
    expect(share("lost_reply")).toBeCloseTo(0.1, 1);
    expect(share("none")).toBeCloseTo(0.5, 1);
  });

  test("is the same for the same seed, mail and try, and another for another", () => {
    expect(kinds("a", 200)).toEqual(kinds("a", 200));
    expect(kinds("a", 200)).not.toEqual(kinds("b", 200));
    const tries = (draw: "try" | "mail") =>
      Array.from({ length: 60 }, (_, n) => drawFault({ ...dial, draw }, "one mail", n + 1)?.kind ?? "none");
    expect(new Set(tries("try")).size).toBeGreaterThan(1);
    expect(new Set(tries("mail")).size).toBe(1);
  });

  test("of 100 percent meets everyone, of none nobody", () => {
    for (let n = 0; n < 500; n += 1) {
      expect(drawFault(dialOf([{ kind: "hang" }]), `m${n}`, 1)?.kind).toBe("hang");
      expect(drawFault(dialOf([{ kind: "hang", percent: 0 }]), `m${n}`, 1)).toBeNull();
      expect(drawFault(CALM, `m${n}`, 1)).toBeNull();
    }
  });

  test("of greylisting meets only first tries", () => {
    const grey = dialOf([{ kind: "greylist" }]);
    expect(drawFault(grey, "m", 1)?.kind).toBe("greylist");
    expect(drawFault(grey, "m", 2)).toBeNull();
  });
});

describe("a fate", () => {
  const attempt = (to: string, tryNumber = 1): Attempt => ({
    mailKey: "m",
    drawNumber: tryNumber,
    tryNumber,
    recipients: to.split(" "),
  });

  test.each(FAULT_KINDS)("follows the dial: %s", (kind) => {
    const fate = decideFate(dialOf([{ kind }]), attempt("ada@example.com"));
    expect(fate.fault).toBe(kind);
    const accepted: string[] = ["lost_reply", "slow", "bounce"];
    expect(fate.kind).toBe(accepted.includes(kind) ? "accept" : kind);
  });

  test("is acceptance at once when nobody asks for anything", () => {
    expect(decideFate(CALM, attempt("ada@example.com"))).toEqual({
      kind: "accept",
      delayMs: 0,
      losesReply: false,
      outcome: "delivered",
      fault: null,
    });
  });

  test("lets the dial speak before the address, and joins what both add to an acceptance", () => {
    expect(decideFate(dialOf([{ kind: "quota" }]), attempt("ada+hang@example.com"))).toMatchObject({
      kind: "quota",
    });
    expect(
      decideFate(dialOf([{ kind: "slow", delay_ms: 50 }]), attempt("ada+drop@example.com")),
    ).toMatchObject({
      kind: "accept",
      delayMs: 50,
      losesReply: true,
    });
    expect(decideFate(dialOf([{ kind: "slow" }]), attempt("ada+fail@example.com"))).toMatchObject({
      kind: "refuse",
      fault: null,
    });
  });

  test("is refusal when one of several recipients asks for it", () => {
    const fate = decideFate(CALM, attempt("ada@example.com bea+refuse@example.com"));
    expect(fate).toMatchObject({ kind: "reject", address: "bea+refuse@example.com" });
  });

  test("of +retry2 changes with the third try", () => {
    const kinds = [1, 2, 3, 4].map((n) => decideFate(CALM, attempt("ada+retry2@example.com", n)).kind);
    expect(kinds).toEqual(["refuse", "refuse", "accept", "accept"]);
  });

  test("after acceptance is what the first address with a wish asks for", () => {
    expect(outcomeOfTags(["ada@example.com"])).toBeNull();
    expect(outcomeOfTags(["ada@example.com", "bea+complain@example.com"])).toBe("complained");
  });
});

describe("a dial", () => {
  test("has a default for everything", () => {
    expect(Dial.parse({})).toEqual(CALM);
    expect(dialOf([{ kind: "refuse" }]).faults).toEqual([{ kind: "refuse", percent: 100 }]);
  });

  test.each<[string, object]>([
    [
      "more than 100 percent together",
      {
        faults: [
          { kind: "refuse", percent: 60 },
          { kind: "hang", percent: 41 },
        ],
      },
    ],
    [
      "one kind twice",
      {
        faults: [
          { kind: "refuse", percent: 1 },
          { kind: "refuse", percent: 1 },
        ],
      },
    ],
    ["a negative share", { faults: [{ kind: "refuse", percent: -1 }] }],
    ["a share that is no number", { faults: [{ kind: "refuse", percent: Number.NaN }] }],
    ["an unknown kind", { faults: [{ kind: "explode" }] }],
    ["a limit of none", { limit_per_second: 0 }],
    ["an unknown word", { fault: [] }],
  ])("refuses %s", (_name, dial) => {
    expect(Dial.safeParse(dial).success).toBe(false);
  });

  test("says what it does in a few words", () => {
    expect(describeDial(CALM)).toBeNull();
    expect(describeDial(dialOf([{ kind: "refuse", percent: 0 }]))).toBeNull();
    expect(describeDial(dialOf([{ kind: "lost_reply", percent: 12.5 }], { limit_per_second: 3 }))).toBe(
      "12.5 % lost reply, at most 3 a second",
    );
  });
});

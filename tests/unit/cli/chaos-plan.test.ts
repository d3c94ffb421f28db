import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readOptions } from "@/cli/chaos/options";
import { FAULT_KINDS, MAIL_FAULTS, planFaults, planPeople } from "@/cli/chaos/plan";
import { createDraw } from "@/cli/product/draw";

const short = { people: 60, perSecond: 4, seed: "7" };

describe("the plan of a run", () => {
  test("is the same for the same seed, and another one for another seed", () => {
    expect(planFaults(short)).toEqual(planFaults(short));
    expect(planPeople(short)).toEqual(planPeople(short));
    expect(planFaults({ ...short, seed: "8" })).not.toEqual(planFaults(short));
  });

  test("has each kind of fault at least once, however few people there are", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 200 }), (seed, people) => {
        const kinds = planFaults({ people, perSecond: 8, seed }).map((fault) => fault.kind);
        expect(new Set(kinds)).toEqual(new Set(FAULT_KINDS));
      }),
    );
  });

  test("goes on breaking things as long as people register, and in the retries after them", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (seed) => {
        const faults = planFaults({ people: 500, perSecond: 8, seed });
        const registeredMs = (500 / 8) * 1000;
        expect(faults.filter((fault) => fault.atMs < registeredMs).length).toBeGreaterThanOrEqual(10);
        expect(faults.some((fault) => fault.atMs > registeredMs)).toBe(true);
        expect(faults.every((fault) => fault.downMs > 0 && fault.downMs <= 6_000)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("lets everybody register once, in turn at the two processes, in order of their names", () => {
    const people = planPeople(short);
    expect(new Set(people.map((person) => person.email)).size).toBe(60);
    expect(people.filter((person) => person.app === "app-a")).toHaveLength(30);
    expect(people.map((person) => person.atMs)).toEqual(
      people.map((person) => person.atMs).sort((a, b) => a - b),
    );
    expect(people.at(-1)?.atMs).toBeLessThanOrEqual(15_000);
  });

  test("lets some type a code, some ask for another mail, and some do both at once, in a short run too", () => {
    const acts = (people: number) => planPeople({ ...short, people }).map(({ act }) => act);
    const count = (of: string | null, people: number) => acts(people).filter((act) => act === of).length;
    for (const act of ["confirm", "resend", "resend_and_confirm", null]) {
      expect(count(act, 60), String(act)).toBeGreaterThanOrEqual(6);
      expect(Math.abs(count(act, 2_000) / 2_000 - 0.25), String(act)).toBeLessThan(0.1);
    }
  });

  test("makes the provider refuse 30 %, hang at 10 % and lose the reply of 10 %", () => {
    expect(Object.fromEntries(MAIL_FAULTS.map(({ kind, percent }) => [kind, percent]))).toEqual({
      refuse: 30,
      hang: 10,
      lost_reply: 10,
    });
  });
});

test("what is drawn is spread evenly and stays in its bounds", () => {
  const draw = createDraw("even");
  const drawn = Array.from({ length: 6_000 }, (_, index) => draw.integer(`die ${index}`, 1, 6));
  for (let side = 1; side <= 6; side++)
    expect(Math.abs(drawn.filter((value) => value === side).length - 1_000)).toBeLessThan(150);
  expect(draw.shuffle("cards", [1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5]);
});

describe("the command line", () => {
  test("has the defaults of the promise: five hundred people, by Resend", () => {
    expect(readOptions([], "drawn")).toMatchObject({
      people: 500,
      seed: "drawn",
      transport: "resend",
      json: null,
    });
  });

  test("refuses what makes no sense, and names it", () => {
    expect(() => readOptions(["--people", "0"], "x")).toThrow("--people 0");
    expect(() => readOptions(["--people", "9000"], "x")).toThrow("1 to 2000");
    expect(() => readOptions(["--transport", "pigeon"], "x")).toThrow("resend or smtp");
    expect(() => readOptions(["--seed", ""], "x")).toThrow("--seed");
    expect(() => readOptions(["--poeple", "5"], "x")).toThrow();
  });
});

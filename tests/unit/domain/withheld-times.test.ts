import { describe, expect, test } from "vitest";
import { createDraw } from "@/cli/product/draw";
import { passOnAt, showDeliveredAt, type Times } from "@/domain/withheld-times";

const SENT = new Date("2026-03-01T12:00:00.000Z");
const after = (ms: number) => new Date(SENT.getTime() + ms);
const msOf = (at: Date) => at.getTime() - SENT.getTime();

/** Evenly spread, so that every part of what is drawn from is met. */
function evenly(steps: number): () => number {
  let step = 0;
  return () => ((step++ * 7) % steps) / steps;
}

describe("a withheld mail that the sink has", () => {
  const none = { ofDomain: [], ofAll: [], ofSink: [] };
  const show = (times: Partial<Times>, chance: () => number, ms = 300) =>
    msOf(showDeliveredAt({ now: after(ms), sentAt: SENT, times: { ...none, ...times } }, chance));

  test("shows as delivered when a mail to that mailbox would have arrived, never the very time of another", () => {
    const ofDomain = [4_000, 9_000, 6_000];
    const chance = evenly(101);
    const shown = Array.from({ length: 300 }, () => show({ ofDomain, ofAll: [250] }, chance));
    for (const ms of shown)
      expect(ofDomain.some((time) => Math.abs(ms - time) <= time * 0.03 + 1)).toBe(true);
    for (const time of ofDomain) expect(shown.some((ms) => Math.abs(ms - time) <= time * 0.03)).toBe(true);
    expect(shown.filter((ms) => ofDomain.includes(ms)).length).toBeLessThan(15);
  });

  test("goes by mails to all when little is known of its domain", () => {
    expect(show({ ofAll: [5_000] }, () => 0.5)).toBe(5_000);
    expect(show({ ofDomain: [400, 310], ofAll: [5_000] }, () => 0.5)).toBe(5_000);
    expect(show({ ofDomain: [400, 310, 290, 350, 280], ofAll: [5_000] }, () => 0.5)).toBe(300);
  });

  test.each<[string, Partial<Times>]>([
    ["nothing is known of any mail", {}],
    ["mailboxes are about as quick as the sink", { ofDomain: [290, 420], ofAll: [290, 260, 420] }],
    ["its mailbox is quicker", { ofDomain: [20] }],
  ])("shows as delivered at once when %s", (_, times) => {
    for (const chance of [0, 0.5, 0.99]) expect(show(times, () => chance)).toBe(300);
  });

  test("takes no longer on the whole than mails to a mailbox as quick and as irregular as the sink", () => {
    const draw = createDraw("times");
    const time = (key: string) => Math.round(200 + 800 * draw.fraction(key) ** 2);
    const many = (name: string, count: number) =>
      Array.from({ length: count }, (_, index) => time(`${name} ${index}`));
    const shown = Array.from({ length: 400 }, (_, index) => {
      const times = {
        ofDomain: many(`domain ${index}`, index % 4),
        ofAll: many(`all ${index}`, 50),
        ofSink: many(`sink ${index}`, 20),
      };
      return show(times, () => draw.fraction(`chance ${index}`), time(`own ${index}`));
    });
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean(shown) - mean(many("own", 400)))).toBeLessThan(10);
  });
});

describe("what became of the owner's mail just now", () => {
  const facts = { now: after(10_000), noticeSentAt: SENT, sentAt: after(60), notBefore: null };

  test("shows about as long after the other one was sent, and never at the same instant", () => {
    const chance = evenly(101);
    const shown = Array.from({ length: 200 }, () => msOf(passOnAt(facts, chance)));
    expect(shown.filter((ms) => ms <= 10_000).length).toBeLessThan(5);
    for (const ms of shown) expect(ms).toBeLessThanOrEqual(60 + 12_000);
    expect(new Set(shown).size).toBeGreaterThan(50);
  });

  test("shows later for one that was sent later", () => {
    const later = { ...facts, sentAt: after(9_000) };
    expect(msOf(passOnAt(later, () => 0.5))).toBe(19_000);
  });

  test("does not show before what would have shown without it", () => {
    expect(msOf(passOnAt({ ...facts, notBefore: after(30_000) }, () => 0.5))).toBe(30_000);
  });
});

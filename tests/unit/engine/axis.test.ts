import { expect, test } from "vitest";
import { createAxis } from "@/local/inngest/pages/axis.ts";

const HOUR = 3_600_000;
const whole = (untilMs: number) => ({ fromMs: 0, untilMs });
const work = (fromMs: number, untilMs: number) => ({ fromMs, untilMs });

test("without long waits the axis is to scale", () => {
  const axis = createAxis(whole(1_000), [work(0, 400), work(700, 1_000)]);
  expect(axis.cuts).toEqual([]);
  for (const ms of [0, 250, 500, 1_000]) expect(axis.at(ms)).toBeCloseTo(ms / 10, 6);
  expect(axis.ticks.map((tick) => tick.ms)).toEqual([0, 200, 400, 600, 800, 1_000]);
});

test("a day's sleep leaves the work beside it most of the width", () => {
  const end = 24 * HOUR + 200;
  const axis = createAxis(whole(end), [work(0, 100), work(24 * HOUR + 100, end)]);
  expect(axis.cuts).toHaveLength(1);
  const [cut] = axis.cuts;
  expect(cut).toMatchObject({ fromMs: 100, untilMs: 24 * HOUR + 100 });
  expect(axis.at(100)).toBeGreaterThan(30);
  expect(100 - axis.at(24 * HOUR + 100)).toBeGreaterThan(30);
  expect(axis.ticks).toEqual([]);
});

test("of waits that are cut the longer one is still drawn longer", () => {
  const waits = [60, 120, 240, 480, 900].map((seconds) => seconds * 1_000);
  const busy = [work(0, 20)];
  for (const wait of waits) {
    const from = (busy.at(-1)?.untilMs ?? 0) + wait;
    busy.push(work(from, from + 20));
  }
  const axis = createAxis(whole(busy.at(-1)?.untilMs ?? 0), busy);
  const widths = axis.cuts.map((cut) => cut.width);
  expect(widths).toHaveLength(5);
  expect(widths).toEqual([...widths].sort((a, b) => a - b));
  for (const { fromMs, untilMs } of busy) expect(axis.at(untilMs) - axis.at(fromMs)).toBeGreaterThan(5);
});

test("two waits after each other are cut apart where the second begins", () => {
  const busy = [work(0, 100)];
  expect(createAxis(whole(3 * HOUR), busy).cuts).toHaveLength(1);
  expect(createAxis(whole(3 * HOUR), busy, [HOUR]).cuts.map((cut) => cut.untilMs)).toEqual([HOUR, 3 * HOUR]);
});

test("later is never drawn before earlier, and everything is on the axis", () => {
  const busy = [work(50, 60), work(10, 55), work(HOUR, HOUR + 5), work(2 * HOUR, 9 * HOUR), work(-5, 3)];
  const axis = createAxis(whole(3 * HOUR), busy, [HOUR / 2, -1, 4 * HOUR]);
  const times = [-100, 0, 1, 40, 60, 61, HOUR / 2, HOUR, HOUR + 5, 2 * HOUR, 3 * HOUR, 99 * HOUR];
  const places = times.map((ms) => axis.at(ms));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places[0]).toBe(0);
  expect(places.at(-1)).toBe(100);
  expect(axis.at(3 * HOUR)).toBeCloseTo(100, 6);
});

test("a run that has only waited so far, or taken no time, has an axis too", () => {
  const waiting = createAxis(whole(HOUR), []);
  expect(waiting.cuts).toEqual([]);
  expect(waiting.at(HOUR / 2)).toBeCloseTo(50, 6);
  const none = createAxis({ fromMs: 7, untilMs: 7 }, [work(7, 7)]);
  expect([none.at(7), none.at(8)]).toEqual([0, 100]);
});

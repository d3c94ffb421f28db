import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createGiveWay } from "@/domain/give-way";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function stage() {
  let isBusy = false;
  const done: string[] = [];
  const { turn } = createGiveWay({
    isBusy: () => isBusy,
    patienceMs: 1_000,
    atOnce: 2,
    nowMs: () => Date.now(),
  });
  return {
    done,
    busy: (is: boolean) => {
      isBusy = is;
    },
    work: (...names: string[]) => {
      for (const name of names) void turn().then(() => done.push(name));
    },
    pass: (ms: number) => vi.advanceTimersByTimeAsync(ms),
  };
}

test("while nobody waits, work goes on at once, and no timer is left", async () => {
  const { work, done, pass } = stage();
  work("a", "b", "c");
  await pass(0);
  expect(done).toEqual(["a", "b", "c"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("while people wait, work waits; afterwards it goes on in its order, a few at each look", async () => {
  const { work, done, pass, busy } = stage();
  busy(true);
  work("a", "b", "c");
  await pass(500);
  expect(done).toEqual([]);
  busy(false);
  await pass(20);
  expect(done).toEqual(["a", "b"]);
  // Who comes later stands behind who is there.
  work("d");
  await pass(20);
  expect(done).toEqual(["a", "b", "c", "d"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("in a rush without end no work waits for longer than its patience", async () => {
  const { work, done, pass, busy } = stage();
  busy(true);
  work("a", "b", "c");
  await pass(300);
  work("d");
  await pass(680);
  expect(done).toEqual([]);
  await pass(20);
  expect(done).toEqual(["a", "b", "c"]);
  await pass(300);
  expect(done).toEqual(["a", "b", "c", "d"]);
});

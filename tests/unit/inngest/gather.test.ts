import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createGathering } from "@/inngest/gather";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function stage(options: { sizeMax?: number } = {}) {
  const sent: string[][] = [];
  const ends: (() => void)[] = [];
  const unwanted = new Set<string>();
  const { add } = createGathering<string>({
    atOnce: 2,
    sizeMax: options.sizeMax ?? 10,
    slotMs: 250,
    isWanted: (item) => !unwanted.has(item),
    send: (items) => {
      sent.push(items);
      return new Promise((resolve) => ends.push(resolve));
    },
  });
  return {
    sent,
    unwanted,
    add: (...items: string[]) => items.forEach(add),
    end: async () => {
      ends.shift()?.();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

test("what comes alone goes at once", () => {
  const { add, sent } = stage();
  add("a");
  expect(sent).toEqual([["a"]]);
});

test("what comes while two calls are under way goes together, in its order, when one of them ends", async () => {
  const { add, sent, end } = stage();
  add("a", "b", "c", "d");
  expect(sent).toEqual([["a"], ["b"]]);
  await end();
  expect(sent).toEqual([["a"], ["b"], ["c", "d"]]);
  await end();
  await end();
  add("e");
  expect(sent).toEqual([["a"], ["b"], ["c", "d"], ["e"]]);
});

test("no call is larger than it may be, and whoever does not wait any more is left out", async () => {
  const { add, sent, end, unwanted } = stage({ sizeMax: 2 });
  add("a", "b", "c", "d", "e", "f", "g");
  for (const id of ["c", "e", "f"]) unwanted.add(id);
  await end();
  expect(sent.slice(2)).toEqual([["d"]]);
  await end();
  expect(sent.slice(2)).toEqual([["d"], ["g"]]);
});

test("calls that hang keep nobody waiting", async () => {
  const { add, sent, end } = stage();
  add("a", "b", "c");
  await vi.advanceTimersByTimeAsync(249);
  expect(sent).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(sent.slice(2)).toEqual([["c"]]);
  // That they end at last makes no more room than there is.
  await end();
  await end();
  add("d", "e");
  expect(sent.slice(3)).toEqual([["d"]]);
});

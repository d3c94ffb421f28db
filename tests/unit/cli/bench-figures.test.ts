// The table of `npm run bench`.
import { expect, test } from "vitest";
import { formatSections, meetsBar, quantile } from "@/cli/bench/figures";

const figure = (value: number, bar?: { atLeast: number } | { atMost: number }) => ({
  name: "a figure",
  value,
  unit: "ms",
  ...(bar ? { bar } : {}),
});

test("a figure reaches its bar, misses it, or has none; one that could not be measured misses it", () => {
  expect(meetsBar(figure(5, { atMost: 5 }))).toBe(true);
  expect(meetsBar(figure(6, { atMost: 5 }))).toBe(false);
  expect(meetsBar(figure(5, { atLeast: 5 }))).toBe(true);
  expect(meetsBar(figure(4, { atLeast: 5 }))).toBe(false);
  expect(meetsBar(figure(4))).toBeNull();
  expect(meetsBar(figure(Number.NaN, { atLeast: 0 }))).toBe(false);
});

test("the table shows value, bar and whether it was reached, in columns", () => {
  const text = formatSections([
    { title: "Times", figures: [figure(1234, { atMost: 1000 }), { ...figure(3), note: "of 7" }] },
  ]);
  expect(text.split("\n")).toEqual([
    "",
    "Times",
    "  a figure  1,234 ms  ✗ ≤ 1,000 ms",
    "  a figure      3 ms                of 7",
  ]);
});

test("a quantile is one of the values (nearest rank)", () => {
  expect(quantile([3, 1, 2], 50)).toBe(2);
  expect(quantile([3, 1, 2], 99)).toBe(3);
  expect(quantile([], 50)).toBeNaN();
});

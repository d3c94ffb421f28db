import { expect, test } from "vitest";
import { createListening } from "@/domain/listening";

const at = (ms: number) => new Date(1_000_000 + ms);

test("a service that answers nobody has been silent since the oldest call", () => {
  const { begin } = createListening();
  begin(at(0));
  const second = begin(at(600));
  expect(second.silentMs(at(1_100))).toBe(1_100);
});

test("one that answers anybody is there, for all calls that were under way", () => {
  const { begin } = createListening();
  const slow = begin(at(0));
  const quick = begin(at(900));
  quick.answered();
  expect([slow, quick].map((call) => call.silentMs(at(5_000)))).toEqual([null, null]);
});

test("and when it falls silent after that, it is so since the first call that it owes an answer", () => {
  const { begin } = createListening();
  const lost = begin(at(0));
  begin(at(100)).answered();
  const owed = begin(at(400));
  const last = begin(at(900));
  expect([lost, owed, last].map((call) => call.silentMs(at(1_500)))).toEqual([null, 1_100, 1_100]);
});

test("calls that ended without an answer do not end the silence while others wait", () => {
  const { begin } = createListening();
  const first = begin(at(0));
  const second = begin(at(200));
  first.ended();
  expect(second.silentMs(at(1_200))).toBe(1_200);
});

test("while nobody asks, silence says nothing", () => {
  const { begin } = createListening();
  begin(at(0)).ended();
  expect(begin(at(3_600_000)).silentMs(at(3_600_100))).toBe(100);
});

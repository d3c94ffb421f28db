import { describe, expect, test, vi } from "vitest";
import { createSending, sendIntervalMs } from "@/domain/send-pace";

describe("places for conversations with the provider", () => {
  test("are as many as the limit says, and go to who waited longest", async () => {
    const sending = createSending(2);
    const [first, second] = [await sending.enter(0), await sending.enter(0)];
    const order: string[] = [];
    const enter = async (name: string) => {
      const leave = await sending.enter(60_000);
      order.push(name);
      return leave;
    };
    const [third, fourth] = [enter("third"), enter("fourth")];
    second?.();
    (await third)?.();
    await fourth;
    first?.();
    expect(order).toEqual(["third", "fourth"]);
  });

  test("are refused to who would wait too long, and nobody's place is lost by that", async () => {
    vi.useFakeTimers();
    try {
      const sending = createSending(1);
      const held = await sending.enter(0);
      const impatient = sending.enter(1_000);
      vi.advanceTimersByTime(1_000);
      expect(await impatient).toBeNull();
      held?.();
      expect(await sending.enter(0)).not.toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  test("keep their distance when the process was too busy for their instants", async () => {
    const sending = createSending(null);
    const times: number[] = [];
    const atMs = performance.now();
    const all = [0, 20, 40].map((afterMs) =>
      sending.space(atMs + afterMs, 20).then(() => times.push(performance.now())),
    );
    // All three instants pass while nothing else gets to run.
    while (performance.now() < atMs + 60);
    await Promise.all(all);
    for (const [index, at] of times.entries())
      expect(at - (times[index - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThan(18);
  });

  test("given back twice are one place", async () => {
    const sending = createSending(1);
    const leave = await sending.enter(0);
    leave?.();
    leave?.();
    expect(await sending.enter(0)).not.toBeNull();
    expect(await sending.enter(0)).toBeNull();
  });

  test("are all given back before the process may end", async () => {
    const sending = createSending(1);
    await sending.idle();
    const first = await sending.enter(0);
    const second = sending.enter(60_000);
    let isIdle = false;
    const idle = sending.idle().then(() => (isIdle = true));
    first?.();
    const leave = await second;
    expect(isIdle).toBe(false);
    leave?.();
    await idle;
  });

  test("are given to nobody once the process is about to end, also not to who waits already", async () => {
    const sending = createSending(1);
    const leave = await sending.enter(0);
    const waiting = sending.enter(60_000);
    sending.stop();
    expect(await waiting).toBeNull();
    let isIdle = false;
    const idle = sending.idle().then(() => (isIdle = true));
    expect(await sending.enter(0)).toBeNull();
    expect(isIdle).toBe(false);
    leave?.();
    await idle;
    expect(await sending.enter(0)).toBeNull();
  });

  test("are without number when there is no limit", async () => {
    const sending = createSending(null);
    for (let i = 0; i < 1_000; i++) expect(await sending.enter(0)).not.toBeNull();
  });
});

test("the pace stays five per cent below the limit, so that no window of a second holds one mail too many", () => {
  expect(sendIntervalMs(10)).toBeCloseTo(107);
  expect(Math.ceil(1000 / sendIntervalMs(10))).toBeLessThanOrEqual(10);
});

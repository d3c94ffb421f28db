import { beforeEach, describe, expect, test } from "vitest";
import { type BreakerState, createCircuitBreaker } from "@/domain/circuit-breaker";

const at = (ms: number) => new Date(1_000_000 + ms);
let changes: [BreakerState, BreakerState][];
const create = () =>
  createCircuitBreaker({ failuresToOpen: 2, openMs: 5000 }, (from, to) => changes.push([from, to]));
beforeEach(() => {
  changes = [];
});

describe("the circuit breaker", () => {
  test("stays closed after one failure between successes", () => {
    const breaker = create();
    for (let round = 0; round < 5; round++) {
      breaker.failed(at(round));
      breaker.succeeded(at(round));
    }
    expect(breaker.mayCall(at(10))).toBe(true);
    expect(changes).toEqual([]);
  });

  test("opens after two failures in a row and spares everybody for five seconds", () => {
    const breaker = create();
    breaker.failed(at(0));
    breaker.failed(at(1));
    expect(breaker.state(at(4999))).toBe("open");
    expect([1, 2500, 5000].map((ms) => breaker.mayCall(at(ms)))).toEqual([false, false, false]);
  });

  test("then lets exactly one caller probe", () => {
    const breaker = create();
    breaker.failed(at(0));
    breaker.failed(at(0));
    expect([5000, 5000, 5001].map((ms) => breaker.mayCall(at(ms)))).toEqual([true, false, false]);
    expect(breaker.state(at(5001))).toBe("half_open");
  });

  test("closes when the probe succeeds, opens again when it fails", () => {
    const breaker = create();
    breaker.failed(at(0));
    breaker.failed(at(0));
    breaker.mayCall(at(5000));
    breaker.failed(at(5100));
    expect(breaker.mayCall(at(5200))).toBe(false);
    expect(breaker.mayCall(at(10_100))).toBe(true);
    breaker.succeeded(at(10_200));
    expect(breaker.mayCall(at(10_200))).toBe(true);
    expect(changes).toEqual([
      ["closed", "open"],
      ["open", "half_open"],
      ["half_open", "open"],
      ["open", "half_open"],
      ["half_open", "closed"],
    ]);
  });

  test("a probe that never reported is replaced", () => {
    const breaker = create();
    breaker.failed(at(0));
    breaker.failed(at(0));
    breaker.mayCall(at(5000));
    expect(breaker.mayCall(at(10_000))).toBe(true);
  });

  test("is shown half open once its time is over, also when nobody comes to probe", () => {
    const breaker = create();
    breaker.failed(at(0));
    breaker.failed(at(1));
    expect([1, 5000, 5001, 3_600_000].map((ms) => breaker.state(at(ms)))).toEqual([
      "open",
      "open",
      "half_open",
      "half_open",
    ]);
    expect(changes).toEqual([["closed", "open"]]);
  });

  test("a probe that says nothing of the service leaves it to the next caller, at once", () => {
    const breaker = create();
    breaker.toldNothing();
    breaker.failed(at(0));
    breaker.failed(at(0));
    breaker.toldNothing();
    expect(breaker.mayCall(at(4999))).toBe(false);
    expect(breaker.mayCall(at(5000))).toBe(true);
    breaker.toldNothing();
    expect([5100, 5100].map((ms) => breaker.mayCall(at(ms)))).toEqual([true, false]);
  });
});

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
    expect(breaker.state()).toBe("open");
    expect([1, 2500, 5000].map((ms) => breaker.mayCall(at(ms)))).toEqual([false, false, false]);
  });

  test("then lets exactly one caller probe", () => {
    const breaker = create();
    breaker.failed(at(0));
    breaker.failed(at(0));
    expect([5000, 5000, 5001].map((ms) => breaker.mayCall(at(ms)))).toEqual([true, false, false]);
    expect(breaker.state()).toBe("half_open");
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
});

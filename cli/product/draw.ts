// Chance that can be repeated: the same seed and the same question always give the same answer. Pure.
import { createHash } from "node:crypto";

export type Draw = {
  /** 0 (included) to 1 (excluded), evenly spread. Another `what`, another draw. */
  fraction(what: string): number;
  /** A whole number from `min` to `max`, both included. */
  integer(what: string, min: number, max: number): number;
  /** The same items in a drawn order. */
  shuffle<T>(what: string, items: readonly T[]): T[];
};

/** Draws from a seed. */
export function createDraw(seed: string): Draw {
  const fraction = (what: string) =>
    createHash("sha256")
      .update(JSON.stringify([seed, what]))
      .digest()
      .readUIntBE(0, 6) /
    2 ** 48;
  return {
    fraction,
    integer: (what, min, max) => min + Math.floor(fraction(what) * (max - min + 1)),
    shuffle: (what, items) =>
      items
        .map((item, index) => ({ item, at: fraction(`${what} ${index}`) }))
        .sort((a, b) => a.at - b.at)
        .map(({ item }) => item),
  };
}

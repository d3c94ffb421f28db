// Who takes part: pairs of addresses that are alike in everything but that one of them has an account. Names of both
// kinds are equally long, so that even lengths can be compared.
import { randomBytes } from "node:crypto";

export type Side = "known" | "unknown";
export const SIDES = ["known", "unknown"] as const;

export type Pair = { index: number; email: Record<Side, string> };

export const PASSWORD = "correct horse battery";

export function makePairs(count: number, run = randomBytes(3).toString("hex")): Pair[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index).padStart(4, "0");
    // A domain of their own: there is a limit for each.
    const email = (kind: string) => `${kind}@${run}${number}.example.com`;
    return { index, email: { known: email("a"), unknown: email("b") } };
  });
}

/** A username nobody else has, always of the same length. */
export function newUsername(): string {
  return `o${randomBytes(6).toString("hex")}`;
}

let networks = 0;

/** A network nobody else has, so that limits per network do not meet strangers (RFC 5737 has too few). */
export function newNetwork(): string {
  networks += 1;
  return `10.${(networks >> 16) & 255}.${(networks >> 8) & 255}.${networks & 255}`;
}

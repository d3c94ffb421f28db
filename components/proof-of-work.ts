// The browser's side of domain/proof-of-work.ts.
import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import type { Challenge } from "altcha-lib/types";

/** Longer than any phone takes; afterwards a person wants to be told. */
const TIMEOUT_MS = 60_000;

/**
 * Does the sum. Derivations are the browser's own and beside the page's script, so the page stays usable. Null when it
 * took too long. Throws where there is no Web Crypto: pages that came over plain HTTP from another machine.
 */
export async function solve(challenge: object): Promise<string | null> {
  const asked = challenge as Challenge;
  const solution = await solveChallenge({ challenge: asked, deriveKey, timeout: TIMEOUT_MS });
  return solution && btoa(JSON.stringify({ challenge: asked, solution }));
}

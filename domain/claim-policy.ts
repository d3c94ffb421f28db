// How many registrations may wait for one address at the same time. Pure.

/** A person with two tabs and a second try has three. */
export const OPEN_CLAIMS_PER_ADDRESS = 3;

export type OpenClaim = { id: string; claimNetwork: string | null };

/**
 * Which claims end when one more comes from `network` (keyed hash), given the open ones, oldest first. Refusing the new one would
 * let a stranger with three claims keep the owner out, so an old one makes room: one from the same network, oldest
 * first, so that a stranger who registers again and again ends nobody's claims but their own; only without such a one
 * the oldest of all.
 */
export function chooseClaimsToEnd(open: readonly OpenClaim[], network: string | null): string[] {
  const surplus = open.length + 1 - OPEN_CLAIMS_PER_ADDRESS;
  if (surplus <= 0) return [];
  const isOwn = (claim: OpenClaim) => network !== null && claim.claimNetwork === network;
  const inOrder = [...open.filter(isOwn), ...open.filter((claim) => !isOwn(claim))];
  return inOrder.slice(0, surplus).map((claim) => claim.id);
}

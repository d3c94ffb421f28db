// How many registrations may wait for one address at the same time. Pure.

/** A person with two tabs and a second try has three. */
export const OPEN_CLAIMS_PER_ADDRESS = 3;

export type OpenClaim = { id: string; claimNetwork: string | null };

/**
 * Which claims end when one more comes from `network` (keyed hash), given the open ones, oldest first. Refusing the new
 * one would let a stranger with three claims keep the owner out, so an old one makes room: one from the same network,
 * so that a stranger who registers again and again ends nobody's claims but their own; without such a one, one from the
 * network that holds most, so that a second network does not help them; else the oldest of all.
 */
export function chooseClaimsToEnd(open: readonly OpenClaim[], network: string | null): string[] {
  const left = [...open];
  const ended: string[] = [];
  while (left.length + 1 > OPEN_CLAIMS_PER_ADDRESS) {
    const next = chooseOne(left, network);
    if (!next) break;
    left.splice(left.indexOf(next), 1);
    ended.push(next.id);
  }
  return ended;
}

function chooseOne(open: readonly OpenClaim[], network: string | null): OpenClaim | undefined {
  const heldBy = ({ claimNetwork }: OpenClaim) =>
    // What is not known is not one network.
    claimNetwork === null ? 1 : open.filter((other) => other.claimNetwork === claimNetwork).length;
  const most = Math.max(...open.map(heldBy));
  const own = open.find(({ claimNetwork }) => network !== null && claimNetwork === network);
  return own ?? open.find((claim) => heldBy(claim) === most);
}

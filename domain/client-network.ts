// Whom a limit per network address counts: the client's own address, not a proxy's, and in IPv6 the /64 that one
// household or machine is given whole (RFC 6177). Pure.
import { isIP, isIPv6 } from "node:net";

/** Who sends a request, as far as anybody may know. */
export type Client = {
  /** What stands for it in limits (networkOf); null or left out when that is not known. */
  network?: string | null;
  /** Its browser in words (device-name.ts); null or left out when it does not say. */
  device?: string | null;
};

/** Groups of an IPv6 address that name the network; the other four are the machine's own to choose. */
const NETWORK_GROUPS = 4;

/**
 * The client's address. `forwardedFor` is the X-Forwarded-For header, to which each proxy appends who called it;
 * `peer` is who holds the connection. With `trustedHops` proxies of our own in front, the client is that many steps
 * from the end, and whatever the client wrote itself stands further to the left. Null when nothing usable is known.
 */
export function clientAddress(
  forwardedFor: string | null,
  peer: string | null,
  trustedHops: number,
): string | null {
  if (trustedHops === 0) return parseAddress(peer ?? "");
  const chain = (forwardedFor ?? "").split(",").map((entry) => entry.trim());
  // A chain that is shorter than our proxies make it did not pass all of them: nobody in it can be believed.
  return parseAddress(chain.at(-trustedHops) ?? "") ?? null;
}

/** What stands for one client in a limit: an IPv4 address, or the /64 of an IPv6 address. Null for what is neither. */
export function networkOf(address: string): string | null {
  const parsed = parseAddress(address);
  if (parsed === null || !isIPv6(parsed)) return parsed;
  return `${expandIpv6(parsed).slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

/**
 * A network with its neighbours: a household or a company may be given a /48 of IPv6 (RFC 6177), and with it 65,536
 * networks. For what somebody must not get round by taking the next one; for what many share, networkOf.
 */
export function wideNetworkOf(network: string): string {
  const [, wide] = /^((?:[\da-f]+:){2}[\da-f]+):[\da-f]+::\/64$/.exec(network) ?? [];
  return wide === undefined ? network : `${wide}::/48`;
}

/** An address as proxies write it ("1.2.3.4:567", "[2001:db8::1]:567", "::ffff:1.2.3.4"), bare; null when it is none. */
function parseAddress(text: string): string | null {
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text.split("%")[0] ?? "";
  if (isIP(bare) === 0) return null;
  const lower = bare.toLowerCase();
  if (!isIPv6(lower)) return lower;
  const groups = expandIpv6(lower);
  const isMapped = groups.slice(0, 5).every((group) => group === "0") && groups[5] === "ffff";
  if (!isMapped) return lower;
  // An IPv4 client on a socket that speaks both (RFC 4291 2.5.5.2).
  return groups
    .slice(6)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
    .join(".");
}

/** The eight groups of a valid IPv6 address, without leading zeros. */
function expandIpv6(address: string): string[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: string | undefined, low: string | undefined) =>
    (Number(high) * 256 + Number(low)).toString(16);
  const text = dotted ? `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}` : address;
  const [head = "", tail] = text.split("::");
  const groupsOf = (part: string) => (part === "" ? [] : part.split(":"));
  const start = groupsOf(head);
  const end = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: 8 - start.length - end.length }, () => "0");
  return [...start, ...(tail === undefined ? [] : zeros), ...end].map((group) =>
    Number.parseInt(group, 16).toString(16),
  );
}

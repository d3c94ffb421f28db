// Who sends a request: the network for limits, the browser for the list of sessions.
import "server-only";
import { type Client, clientAddress, networkOf } from "@/domain/client-network";
import { describeDevice } from "@/domain/device-name";
import { env } from "@/env";
import { services } from "@/services";
import { peerAddress } from "./peer-address";

/** Null when it is not known; limits then count all such requests together. `header` reads one header. */
export function networkOfHeaders(header: (name: string) => string | null | undefined): string | null {
  const address = clientAddress(
    header("x-forwarded-for") ?? null,
    peerAddress(header),
    env().TRUSTED_PROXY_HOPS,
  );
  const network = address && networkOf(address);
  if (network === null) warnOnce();
  return network;
}

let isWarned = false;

/** Everybody shares one limit then: an operator should know before people do. */
function warnOnce(): void {
  if (isWarned) return;
  isWarned = true;
  services().log.warn(
    { trustedProxyHops: env().TRUSTED_PROXY_HOPS },
    "The network address of a client is not known, so limits count all such clients as one; is TRUSTED_PROXY_HOPS right?",
  );
}

/** As networkOfHeaders, with the browser in words. */
export function clientOfHeaders(header: (name: string) => string | null | undefined): Client {
  return { network: networkOfHeaders(header), device: describeDevice(header("user-agent") ?? null) };
}

export function clientOf(request: Request): Client {
  return clientOfHeaders((name) => request.headers.get(name));
}

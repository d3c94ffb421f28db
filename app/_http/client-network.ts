// The network a request comes from, for limits.
import "server-only";
import { clientAddress, networkOf } from "@/domain/client-network";
import { env } from "@/env";
import { peerAddress } from "./peer-address";

/** Null when it is not known; limits then count all such requests together. `header` reads one header. */
export function networkOfHeaders(header: (name: string) => string | null | undefined): string | null {
  const address = clientAddress(
    header("x-forwarded-for") ?? null,
    peerAddress(header),
    env().TRUSTED_PROXY_HOPS,
  );
  return address && networkOf(address);
}

export function clientNetwork(request: Request): string | null {
  return networkOfHeaders((name) => request.headers.get(name));
}

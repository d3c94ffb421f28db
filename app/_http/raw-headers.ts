// The headers of a request as Node has read it: as they came, which direct calls read (direct-calls.ts), and by name.
import type { IncomingMessage } from "node:http";

/** As if they had not been sent. Names are in small letters. */
export function leaveOutHeaders(
  { headers, rawHeaders }: Pick<IncomingMessage, "headers" | "rawHeaders">,
  names: ReadonlySet<string>,
): void {
  for (const name of names) delete headers[name];
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2)
    if (names.has(rawHeaders[at]?.toLowerCase() ?? "")) rawHeaders.splice(at, 2);
}

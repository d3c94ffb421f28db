// Of two providers (EMAIL_FAILOVER), which one is asked, and what its answer means for the mails that come after.
import type { DeliveryAttemptRow } from "@/db/schema";
import type { SendResult, Transport } from "@/emails/transport";
import type { Withheld } from "./attempt-record";
import { chooseProvider, foundAway, judgeHealth } from "./failover";
import type { Services } from "./services";

/** For so long it counts that the person's mail before found the provider away: two of its retries may be so far apart. */
export const FOUND_AWAY_SECONDS = 15 * 60;

/** Who makes the next attempt at a mail with these attempts so far, `before` being the last one at its person's mail before. */
export function chooseTransport(
  { transport, failover, clock }: Services,
  history: DeliveryAttemptRow[],
  before: DeliveryAttemptRow | null,
): Transport {
  if (!failover) return transport;
  const names = { preferred: transport.name, other: failover.transport.name };
  const isPreferredWell = () => !foundAway(before, transport.name) && failover.breaker.mayCall(clock());
  const name = chooseProvider(names, history, isPreferredWell);
  return name === transport.name ? transport : failover.transport;
}

/** What one mail learns of the preferred provider is known to the next ones, if there is another to go to. */
export function noteHealth(
  { transport, failover, clock }: Services,
  { transport: used, withheld }: { transport: Transport; withheld: Withheld | null },
  result: SendResult | null,
): void {
  if (!failover || used !== transport) return;
  // How a rehearsal ends may be what came of earlier mails (emails/transports/recent-ends.ts).
  const health = result && !withheld ? judgeHealth(result) : "nothing";
  if (health === "well") failover.breaker.succeeded(clock());
  else if (health === "away") failover.breaker.failed(clock());
  else failover.breaker.toldNothing();
}

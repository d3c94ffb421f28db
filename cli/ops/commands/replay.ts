import { readId } from "@/domain/delivery-facts";
import { countFailedToReplay, refusalSentence, replayDelivery, replayFailed } from "@/domain/replay";
import type { Services } from "@/domain/services";
import { type Command, EXIT, type ExitCode, type Output, UsageError } from "../command";
import { readTime, sayTime } from "../when";

const SINCE = "24h";

/** Sends one mail anew, or all that failed. */
export const replay: Command = {
  name: "replay",
  usage: "<delivery> | --failed [--since <time>] [--dry-run]",
  summary: "send a mail anew, or all that failed",
  help: `Queues another mail, with a new code, in the place of one that failed, bounced or was called off. The running
product sends it within seconds. Refused where a second mail would be wrong; the sentence says why.

  --failed         all that were given up and that somebody still waits for
  --since <time>   those given up then or later: 90m, 2h, 3d (ago), or an instant; ${SINCE} when it is not said
  --dry-run        says how many those are, and sends nothing`,
  options: { failed: { type: "boolean" }, since: { type: "string" }, "dry-run": { type: "boolean" } },
  async run(services, { positionals, values, output }) {
    const [given, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError("One delivery at a time, or --failed.");
    if (values.failed === true) {
      if (given !== undefined) throw new UsageError("One delivery or --failed, not both.");
      const since = readTime(typeof values.since === "string" ? values.since : SINCE, services.clock());
      return values["dry-run"] === true
        ? countAll(services, since, output)
        : replayAll(services, since, output);
    }
    if (values["dry-run"] !== undefined) throw new UsageError("--dry-run goes with --failed.");
    if (values.since !== undefined) throw new UsageError("--since goes with --failed.");
    if (given === undefined) throw new UsageError("Which delivery? Give its id, or say --failed.");
    const id = readId(given);
    if (!id) throw new UsageError(`"${given}" is no delivery's id.`);
    const result = await replayDelivery(services, id);
    if (result.outcome === "refused") {
      const detail = refusalSentence(result.code);
      output.say(detail);
      output.result({ outcome: "refused", code: result.code, detail });
      return result.code === "unknown_delivery" ? EXIT.nothing : EXIT.failed;
    }
    const { deliveryId } = result.queued;
    output.say(`Queued in its place: ${deliveryId}`);
    output.result({ outcome: "replayed", deliveryId });
    return EXIT.done;
  },
};

async function replayAll(services: Services, since: Date, output: Output): Promise<ExitCode> {
  const { replayed, refused } = await replayFailed(services, { since, limit: Number.POSITIVE_INFINITY });
  output.say(`Queued anew: ${replayed.length} of those given up since ${sayTime(since)}.`);
  if (refused > 0) output.say(`Refused, because something happened meanwhile: ${refused}.`);
  output.result({ replayed: replayed.map(({ deliveryId }) => deliveryId), refused, since });
  return replayed.length + refused === 0 ? EXIT.nothing : EXIT.done;
}

async function countAll(services: Services, since: Date, output: Output): Promise<ExitCode> {
  const { count } = await countFailedToReplay(services, { since, limit: Number.POSITIVE_INFINITY });
  output.say(`Would be queued anew: ${count} of those given up since ${sayTime(since)}. Nothing was sent.`);
  output.result({ count, since });
  return count === 0 ? EXIT.nothing : EXIT.done;
}

import { readId } from "@/domain/delivery-facts";
import { cancelDelivery, refusalSentence } from "@/domain/replay";
import { type Command, EXIT, UsageError } from "../command";

/** Calls off a mail that waits. */
export const cancel: Command = {
  name: "cancel",
  usage: "<delivery>",
  summary: "call off a mail that is waiting",
  help: `Calls off a mail that waits for an attempt; its person's page says so, and they can ask for another one.
Refused for a mail that is being handed over at this moment, which may be out already.`,
  options: {},
  async run(services, { positionals, output }) {
    const [given, ...rest] = positionals;
    if (given === undefined) throw new UsageError("Which delivery? Give its id.");
    if (rest.length > 0) throw new UsageError("One delivery at a time.");
    const id = readId(given);
    if (!id) throw new UsageError(`"${given}" is no delivery's id.`);
    const result = await cancelDelivery(services, id);
    if (result.outcome === "refused") {
      const detail = refusalSentence(result.code);
      output.say(detail);
      output.result({ outcome: "refused", code: result.code, detail });
      return result.code === "unknown_delivery" ? EXIT.nothing : EXIT.failed;
    }
    output.say("Called off.");
    output.result({ outcome: "cancelled" });
    return EXIT.done;
  },
};

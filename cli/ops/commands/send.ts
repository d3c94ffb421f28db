import { refusalSentence } from "@/domain/replay";
import { sendToPerson } from "@/domain/send-to-person";
import { type Command, EXIT, UsageError } from "../command";

/** Sends somebody another code. */
export const send: Command = {
  name: "send",
  usage: "<user>",
  summary: "send somebody another code",
  help: `Queues a confirmation mail with a new code for a person, by id, username or address; the running product
sends it within seconds. The limits on resends do not hold. Refused when the address is confirmed, when the
registration is over, while a mail is under way, and when the address must not be mailed.`,
  options: {},
  async run(services, { positionals, output }) {
    const [given, ...rest] = positionals;
    if (given === undefined) throw new UsageError("Whom? Give a user's id, username or address.");
    if (rest.length > 0) throw new UsageError("One at a time.");
    const sent = await sendToPerson(services, given);
    if (sent.outcome === "refused") {
      const detail = refusalSentence(sent.code);
      output.say(detail);
      output.result({ outcome: "refused", code: sent.code, detail });
      return sent.code === "unknown_person" ? EXIT.nothing : EXIT.failed;
    }
    const { deliveryId } = sent.queued;
    output.say(`Queued: ${deliveryId}`);
    output.result({ outcome: "queued", deliveryId });
    return EXIT.done;
  },
};

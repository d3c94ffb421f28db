import { type ExplainedDelivery, explainWhatever } from "@/domain/delivery-facts";
import { maskEmail } from "@/domain/email-address";
import { refusalSentence } from "@/domain/replay";
import { type Command, EXIT, UsageError } from "../command";
import { sayTime } from "../when";

/** The story of a mail, or of somebody's newest ones. */
export const explain: Command = {
  name: "explain",
  usage: "<user | delivery | email>",
  summary: "what happened to a mail, in words",
  help: `Tells what happened to one delivery (by its id), or to the ten newest mails of a person (by id, username or
email address): every attempt, what the provider said, what operators did, and whether it can be sent anew.`,
  options: {},
  async run(services, { positionals, output }) {
    const [given, ...rest] = positionals;
    if (given === undefined) throw new UsageError("Whose mail? Give a delivery, a user or an email address.");
    if (rest.length > 0) throw new UsageError("One at a time.");
    const found = await explainWhatever(services, given);
    output.result({ deliveries: found.map(toResult) });
    if (found.length === 0) {
      output.say("No mail is known of that delivery, user or address.");
      return EXIT.nothing;
    }
    output.say(found.map(inWords).join("\n\n"));
    return EXIT.done;
  },
};

function inWords({ delivery, story, acts }: ExplainedDelivery): string {
  return [
    `${delivery.id}  ${delivery.status}  ${delivery.kind}`,
    `  ${story.summary}`,
    ...story.lines.map(({ at, text }) => `  ${sayTime(at)}  ${text}`),
    acts.replay === null
      ? `  It can be sent anew: npm run ops -- replay ${delivery.id}`
      : `  It is not sent anew: ${refusalSentence(acts.replay)}`,
  ].join("\n");
}

const toResult = ({ delivery, user, story, attempts, acts }: ExplainedDelivery) => ({
  id: delivery.id,
  userId: user.id,
  kind: delivery.kind,
  address: maskEmail(delivery.recipient),
  status: delivery.status,
  reasonCode: delivery.reasonCode,
  createdAt: delivery.createdAt,
  nextAttemptAt: delivery.nextAttemptAt,
  attempts,
  story,
  acts,
});

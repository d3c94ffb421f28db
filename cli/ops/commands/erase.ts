import type { Traces } from "@/db/erasure";
import { normalizeEmail } from "@/domain/email-address";
import { erasePerson, findPerson, isKnown } from "@/domain/erasure";
import { type Forgetting, forgetAtEngine } from "@/inngest/forget";
import { type Command, EXIT, UsageError } from "../command";

/** Removes one person everywhere. */
export const erase: Command = {
  name: "erase",
  usage: "<email> [--dry-run | --yes]",
  summary: "remove a person everywhere",
  help: `Removes everything about an address in one transaction: the account, every claim on it, mails and
their attempts, events, audit rows, limits, suppressions. It cannot be undone.

  --dry-run   says what would be removed, and removes nothing
  --yes       does not ask; needed where nobody can be asked

The engine holds ids only, which lead nowhere afterwards. The local one is made to forget those too
(ends with 1 until it has: the running product tells it as soon as it answers, and so does this
command, given again); a server of Inngest's has no call for that, and removes them by its own
clean-up. Where Intercom was told of the person, the running product has it delete the contact. Not
here, so not removed: what the mail provider keeps of mails it took, what your own log store keeps
(ids and counts), and backups. When the provider says later that the address refused a mail for good,
or complained of one, the address is barred again, for a year: nobody who asked to be left alone is
written to. Erase it once more then.`,
  options: { "dry-run": { type: "boolean" }, yes: { type: "boolean", short: "y" } },
  async run(services, { positionals, values, output }) {
    const [typed, ...rest] = positionals;
    if (typed === undefined) throw new UsageError("Whom? Give an email address.");
    if (rest.length > 0) throw new UsageError("One address at a time.");
    const email = normalizeEmail(typed);
    if (email === null) throw new UsageError(`"${typed}" is no email address.`);
    const isDryRun = values["dry-run"] === true;
    if (isDryRun && values.yes === true) throw new UsageError("--dry-run and --yes do not go together.");

    const found = await findPerson(services, email);
    if (!isKnown(found)) {
      output.say(`Nothing is known about ${email}.`);
      // Who was erased while the engine was away, or has deleted their account a moment ago.
      const engine = isDryRun ? null : await forgetAtEngine(services);
      if (engine) output.say(describeForgetting(engine));
      output.result({ email, erased: false, found, engine });
      return engine?.kind === "silent" ? EXIT.failed : EXIT.nothing;
    }
    if (isDryRun) {
      output.say(`This is what would be removed about ${email}:\n${listTraces(found)}`);
      output.result({ email, erased: false, found });
      return EXIT.done;
    }
    output.say(`This will be removed about ${email}, for good:\n${listTraces(found)}`);
    if (values.yes !== true) {
      const answer = await output.confirm("Type the address to go on: ", email);
      if (answer === "nobody") throw new UsageError("Nobody can be asked here: say --yes.");
      if (answer === "no") {
        output.say("Nothing was removed.");
        output.result({ email, erased: false, found });
        return EXIT.failed;
      }
    }
    const removed = await erasePerson(services, email);
    output.say(`Removed. ${email} can be registered like any other address.`);
    const engine = await forgetAtEngine(services);
    if (engine) output.say(describeForgetting(engine));
    output.result({ email, erased: true, found: removed, engine });
    return engine?.kind === "silent" ? EXIT.failed : EXIT.done;
  },
};

function describeForgetting(engine: Forgetting): string {
  if (engine.kind === "forgotten")
    return `The engine has forgotten ids of who is gone: ${engine.events} events, ${engine.runs} runs.`;
  if (engine.kind === "cannot")
    return "The engine has no call to forget. It holds ids, which lead nowhere now, until its own clean-up.";
  return `The engine could not be told to forget (${engine.why}). It holds ids, which lead nowhere now. The running product tells it as soon as it answers, and so does this command, again.`;
}

function listTraces(traces: Traces): string {
  return Object.entries(traces)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `  ${name.replaceAll("_", " ").padEnd(14)} ${count}`)
    .join("\n");
}

import { relayOutbox } from "@/inngest/publish";
import { describeEngineError } from "@/inngest/send-events";
import { type Command, EXIT, UsageError } from "../command";

/** Publishes what waits in the outbox. */
export const relay: Command = {
  name: "relay",
  usage: "",
  summary: "give the engine what waits for it, now",
  help: `Publishes the events that wait in the outbox, oldest first, until none is left or the engine does not take
them. Every server process does the same by itself; this is for when none runs, or to see whether the engine
takes them. Events that a server process is publishing at this moment are left to it.`,
  options: {},
  async run(services, { positionals, output }) {
    if (positionals.length > 0) throw new UsageError("relay takes no arguments.");
    let published = 0;
    let failed = 0;
    let error: string | null = null;
    for (;;) {
      const round = await relayOutbox(services, (cause) => {
        error = describeEngineError(cause);
      });
      published += round.published;
      failed += round.failed;
      if (round.published === 0) break;
    }
    output.say(`Published: ${published}.`);
    if (failed > 0)
      output.say(`The engine did not take ${failed} of them: ${error}. They wait in the outbox.`);
    output.result({ published, failed, error });
    if (failed > 0) return EXIT.failed;
    return published > 0 ? EXIT.done : EXIT.nothing;
  },
};

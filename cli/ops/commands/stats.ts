import { DELIVERY_STATUSES, readOverview } from "@/domain/delivery-list";
import { type Command, EXIT, UsageError } from "../command";
import { sayTime } from "../when";

/** What is under way, and what became of the last day's mails. */
export const stats: Command = {
  name: "stats",
  usage: "",
  summary: "what is under way, and what became of the last day's mails",
  help: `Counts the mails that are under way now, says how long the oldest of them has waited and when the next
attempt is due, and counts the mails queued within the last 24 hours by where they stand.`,
  options: {},
  async run(services, { positionals, output }) {
    if (positionals.length > 0) throw new UsageError("stats takes no arguments.");
    const overview = await readOverview(services);
    const { queued, sending, retrying, oldestWaitSeconds, nextAttemptAt, lastDay } = overview;
    const line = (name: string, value: string | number) => output.say(`  ${name.padEnd(16)} ${value}`);
    output.say("now");
    line("queued", queued);
    line("sending", sending);
    line("retrying", retrying);
    line("oldest waits", oldestWaitSeconds === null ? "none waits" : `${oldestWaitSeconds} s`);
    line("next attempt", nextAttemptAt ? sayTime(nextAttemptAt) : "none planned");
    output.say("queued within 24 hours");
    for (const status of DELIVERY_STATUSES) line(status, lastDay[status] ?? 0);
    output.result(overview);
    return EXIT.done;
  },
};

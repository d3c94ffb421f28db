import { DELIVERY_STATUSES, readOverview } from "@/domain/delivery-list";
import { readHealth } from "@/domain/health";
import { readSuccess, SPAN_NAMES, type SpanFigures } from "@/domain/success-figures";
import { type Command, EXIT, UsageError } from "../command";
import { sayTime } from "../when";

/** What is under way, whether it is well, and how it went over an hour, a day and a week: as the page `/ops`. */
export const stats: Command = {
  name: "stats",
  usage: "",
  summary: "what is under way, whether it is well, and how it went lately",
  help: `Counts the mails that are under way now, says how long the oldest of them has waited and when the next
attempt is due; how the engine and the providers are doing, and each server process's circuit breakers; how
soon registrations were answered, how many mails arrived, needed a second try or were given up, over an hour,
a day and a week; and where the mails queued within the last 24 hours stand. Mails whose person is gone are removed:
those are among the figures of the spans, and not among these. --json has the charts' slots too.`,
  options: {},
  async run(services, { positionals, output }) {
    if (positionals.length > 0) throw new UsageError("stats takes no arguments.");
    const [overview, health, success] = await Promise.all([
      readOverview(services),
      readHealth(services),
      readSuccess(services),
    ]);
    const { queued, sending, retrying, oldestWaitSeconds, nextAttemptAt, lastDay } = overview;
    const line = (name: string, value: string | number) => output.say(`  ${name.padEnd(20)} ${value}`);
    output.say("now");
    line("queued", queued);
    line("sending", sending);
    line("retrying", retrying);
    line("oldest waits", oldestWaitSeconds === null ? "none waits" : `${oldestWaitSeconds} s`);
    line("next attempt", nextAttemptAt ? sayTime(nextAttemptAt) : "none planned");
    output.say("health");
    const { engine, providers, processes } = health;
    line(
      "engine",
      `${engine.waiting} events wait for it, took the last one ${engine.lastTakenAt ? sayTime(engine.lastTakenAt) : "in none of the last seven days"}`,
    );
    for (const { provider, role, accepted, failed, lastAcceptedAt } of providers)
      line(
        provider,
        `${role}; last hour ${accepted} mails taken, ${failed} attempts failed${lastAcceptedAt ? `, last took one ${sayTime(lastAcceptedAt)}` : ""}`,
      );
    for (const { id, startedAt, engine: ofEngine, mailProvider } of processes)
      line(
        `process ${id.slice(0, 8)}`,
        `since ${sayTime(startedAt)}; breakers: engine ${ofEngine}, provider ${mailProvider ?? "none"}`,
      );
    if (processes.length === 0) line("processes", "none has told that it lives");
    for (const span of SPAN_NAMES) {
      const figures = success[span];
      output.say(`last ${span}${figures ? `, since ${sayTime(figures.since)}` : ""}`);
      if (!figures) line("figures", "too much to count at this moment");
      else for (const [name, value] of describe(figures)) line(name, value);
    }
    output.say("queued within 24 hours, and kept");
    for (const status of DELIVERY_STATUSES) line(status, lastDay[status] ?? 0);
    output.result({ ...overview, health, success });
    return EXIT.done;
  },
};

function describe({ total: { answers, mails, deliveryRate, retryRate } }: SpanFigures): [string, string][] {
  const time = (seconds: number | null) => (seconds === null ? "none" : `${Math.ceil(seconds * 1000)} ms`);
  const share = (value: number | null) => (value === null ? "none" : `${Math.floor(value * 1000) / 10} %`);
  return [
    ["registrations", `${answers.count} answered, ${share(answers.withinASecond)} within a second`],
    ["answer time", `p50 ${time(answers.p50)}, p95 ${time(answers.p95)}, p99 ${time(answers.p99)}`],
    [
      "delivery rate",
      `${share(deliveryRate)} (${mails.arrived} arrived, ${mails.bounced} came back, ${mails.failed} given up)`,
    ],
    ["retry rate", `${share(retryRate)} (${mails.retried} of ${mails.tried})`],
    ["given up", `${mails.failed} of ${mails.queued}`],
  ];
}

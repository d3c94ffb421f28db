// active, scheduled, failed: the list of deliveries, by state.
import {
  browseDeliveries,
  type DeliveryFilter,
  type DeliverySummary,
  FAILURE_CLASSES,
  PAGE_SIZE,
  readAddressPattern,
  readCursor,
} from "@/domain/delivery-list";
import { type Command, EXIT, UsageError, type Values } from "../command";
import { readTime, sayTime } from "../when";

const OPTIONS = {
  since: { type: "string" },
  before: { type: "string" },
  provider: { type: "string" },
  class: { type: "string" },
  to: { type: "string" },
  limit: { type: "string" },
  older: { type: "string" },
} as const;

const HELP = `  --since <time>      queued then or later: 90m, 2h, 3d (ago), or 2026-01-31T12:00:00Z
  --before <time>     queued before then
  --provider <name>   with an attempt by this provider
  --class <class>     with an attempt that failed so: ${FAILURE_CLASSES.join(", ")}
  --to <address>      masked (a…e@example.com; three dots do), whole, or @example.com
  --limit <number>    how many; ${PAGE_SIZE} when it is not said
  --older <cursor>    what comes after a list that ended with this cursor

Newest first. Addresses are masked.`;

const text = (value: Values[string]): string | undefined => (typeof value === "string" ? value : undefined);

function readFilter(values: Values, statuses: DeliveryFilter["statuses"], now: Date): DeliveryFilter {
  const [since, before, provider, errorClass, to] = ["since", "before", "provider", "class", "to"].map(
    (name) => text(values[name]),
  );
  const address = to === undefined ? undefined : readAddressPattern(to);
  if (address === null) throw new UsageError(`"${to}" is no address. Say a…e@example.com or @example.com.`);
  if (errorClass !== undefined && !(FAILURE_CLASSES as readonly string[]).includes(errorClass))
    throw new UsageError(`There is no class "${errorClass}". There are ${FAILURE_CLASSES.join(", ")}.`);
  return {
    ...(statuses ? { statuses } : {}),
    ...(since === undefined ? {} : { since: readTime(since, now) }),
    ...(before === undefined ? {} : { before: readTime(before, now) }),
    ...(provider === undefined ? {} : { provider }),
    ...(errorClass === undefined ? {} : { errorClass }),
    ...(address === undefined ? {} : { address }),
  };
}

function readLimit(typed: string | undefined): number {
  if (typed === undefined) return PAGE_SIZE;
  const limit = Number(typed);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new UsageError("--limit takes a number from 1 to 1000.");
  return limit;
}

function createListCommand(
  name: string,
  summary: string,
  statuses: NonNullable<DeliveryFilter["statuses"]>,
): Command {
  return {
    name,
    usage: "[filters]",
    summary,
    help: `Lists ${summary}: states ${statuses.join(", ")}.\n\n${HELP}`,
    options: OPTIONS,
    async run(services, { positionals, values, output }) {
      if (positionals.length > 0) throw new UsageError(`${name} takes no arguments, only filters.`);
      const filter = readFilter(values, statuses, services.clock());
      const cursor = text(values.older);
      if (cursor !== undefined && !readCursor(cursor)) throw new UsageError(`"${cursor}" is no cursor.`);
      const page = await browseDeliveries(services, filter, { cursor, size: readLimit(text(values.limit)) });
      for (const delivery of page.deliveries) output.say(describe(delivery));
      if (page.deliveries.length === 0) output.say("None.");
      if (page.older) output.say(`\nThere are more: --older ${page.older}`);
      output.result(page);
      return EXIT.done;
    },
  };
}

function describe(delivery: DeliverySummary): string {
  const { createdAt, status, kind, attempt, maxAttempts, address, nextAttemptAt, reasonCode, id } = delivery;
  const facts = [
    sayTime(createdAt),
    id,
    status.padEnd(10),
    kind.padEnd(16),
    `${attempt}/${maxAttempts}`,
    address,
    ...(nextAttemptAt ? [`next ${sayTime(nextAttemptAt)}`] : []),
    ...(reasonCode ? [reasonCode] : []),
  ];
  return facts.join("  ");
}

export const active = createListCommand("active", "mails that are being handed over", ["sending"]);
export const scheduled = createListCommand("scheduled", "mails that wait for an attempt", [
  "queued",
  "retrying",
]);
export const failed = createListCommand("failed", "mails that nobody got", [
  "failed",
  "bounced",
  "complained",
  "suppressed",
]);

// Every page and filter of /ops that a bench asks for, with the use cases behind it, whose queries are explained.
import type { ScratchSample } from "@/db/scratch";
import { browseAudit } from "@/domain/audit-trail";
import { addSeconds } from "@/domain/clock";
import { explainDelivery } from "@/domain/delivery-facts";
import {
  browseDeliveries,
  type DeliveryFilter,
  readAddressPattern,
  readOverview,
} from "@/domain/delivery-list";
import { readHealth } from "@/domain/health";
import { countFailedToReplay } from "@/domain/replay";
import { judgeSelection } from "@/domain/selection";
import type { Services } from "@/domain/services";
import { readSuccess } from "@/domain/success-figures";

export type OpsPage = {
  name: string;
  /** Address, from `/ops` on. */
  path: string;
  /** What the page asks the database, without who is signed in. */
  work(services: Services): Promise<unknown>;
};

const DAY_SECONDS = 86_400;

export function listOpsPages({ middle, middleAudit, failedIds, userId }: ScratchSample): OpsPage[] {
  const cursor = (at: Date, id: string | number) => `${at.getTime().toString(36)}.${id}`;
  const list = (
    name: string,
    query: Record<string, string>,
    filter: DeliveryFilter,
    after?: string,
  ): OpsPage => ({
    name: `deliveries: ${name}`,
    path: `/ops/deliveries?${new URLSearchParams({ ...query, ...(after ? { after } : {}) })}`,
    work: (services) => browseDeliveries(services, filter, { cursor: after }),
  });
  const to = (typed: string) => {
    const address = readAddressPattern(typed);
    if (!address) throw new Error(`${typed} is no pattern`);
    return { address };
  };
  const audit = (
    name: string,
    query: Record<string, string>,
    filter: Parameters<typeof browseAudit>[1],
    after?: string,
  ): OpsPage => ({
    name: `audit trail: ${name}`,
    path: `/ops/audit?${new URLSearchParams({ ...query, ...(after ? { after } : {}) })}`,
    work: (services) => browseAudit(services, filter, { cursor: after }),
  });
  const deep = cursor(middle.createdAt, middle.id);
  const statuses = ["queued", "retrying", "delivered", "failed", "complained"] as const;
  return [
    {
      name: "now, and the charts",
      path: "/ops",
      work: (services) => Promise.all([readOverview(services), readHealth(services), readSuccess(services)]),
    },
    list("newest", {}, {}),
    list("half a table back", {}, {}, deep),
    ...statuses.map((status) => list(`state ${status}`, { status }, { statuses: [status] })),
    list("delivered, half a table back", { status: "delivered" }, { statuses: ["delivered"] }, deep),
    list("the provider of today", { provider: "resend" }, { provider: "resend" }),
    list("the provider of before", { provider: "smtp" }, { provider: "smtp" }),
    list("a provider that never was", { provider: "pigeon" }, { provider: "pigeon" }),
    list("error transient", { class: "transient" }, { errorClass: "transient" }),
    list("error ours", { class: "ours" }, { errorClass: "ours" }),
    list(
      "error transient, by the provider of before",
      { class: "transient", provider: "smtp" },
      { errorClass: "transient", provider: "smtp" },
    ),
    list(
      "failed, error permanent",
      { status: "failed", class: "permanent" },
      { statuses: ["failed"], errorClass: "permanent" },
    ),
    list("a large domain", { to: "@gmail.com" }, to("@gmail.com")),
    list("a small domain", { to: "@company77.example" }, to("@company77.example")),
    list("a masked address", { to: "a…z@gmail.com" }, to("a…z@gmail.com")),
    list("a masked address that nobody has", { to: "z…9@gmail.com" }, to("z…9@gmail.com")),
    list(
      "failed at a large domain",
      { status: "failed", to: "@gmail.com" },
      { statuses: ["failed"], ...to("@gmail.com") },
    ),
    {
      ...list("within 7 days, failed", { status: "failed", within: "7d" }, {}),
      work: (services) =>
        browseDeliveries(services, {
          statuses: ["failed"],
          since: addSeconds(services.clock(), -7 * DAY_SECONDS),
        }),
    },
    {
      name: "one delivery",
      path: `/ops/deliveries/${failedIds[0] ?? middle.id}`,
      work: (services) => explainDelivery(services, failedIds[0] ?? middle.id),
    },
    {
      name: "asking about 50 chosen ones",
      path: `/ops/ask?act=replay&${failedIds.map((id) => `delivery=${id}`).join("&")}`,
      work: (services) => judgeSelection(services, "replay", failedIds),
    },
    {
      name: "asking about all failed",
      path: "/ops/ask?act=replay-failed",
      work: (services) =>
        countFailedToReplay(services, { since: addSeconds(services.clock(), -DAY_SECONDS), limit: 100 }),
    },
    audit("newest", {}, {}),
    audit("half a table back", {}, {}, cursor(middleAudit.at, middleAudit.id)),
    audit("signed in", { type: "signed_in" }, { type: "signed_in" }),
    audit("a kind that never was", { type: "person_erased" }, { type: "person_erased" }),
    audit("by operators", { actor: "operator" }, { actor: "operator" }),
    audit("about one person", { user: userId }, { userId }),
  ];
}

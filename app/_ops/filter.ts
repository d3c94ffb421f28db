// The list's filter in a page's address, both ways.
import "server-only";
import { addSeconds } from "@/domain/clock";
import {
  DELIVERY_STATUSES,
  type DeliveryFilter,
  FAILURE_CLASSES,
  readAddressPattern,
  writeAddressPattern,
} from "@/domain/delivery-list";

export const WITHIN = { "1h": 3600, "24h": 86_400, "7d": 604_800 } as const;
export type Within = keyof typeof WITHIN;

/** What stands in the address; empty where nothing was chosen. */
export type FilterValues = { status: string; provider: string; class: string; within: string; to: string };
export const FILTER_NAMES = ["status", "provider", "class", "within", "to"] as const;
export type FilterName = (typeof FILTER_NAMES)[number];
type Given = Record<string, unknown>;

const one = <Value extends string>(given: unknown, known: readonly Value[]): Value | null =>
  known.find((value) => value === given) ?? null;

function readProvider(given: unknown): string | null {
  const name = typeof given === "string" ? given.trim().toLowerCase() : "";
  return /^[a-z][a-z0-9_-]{0,30}$/.test(name) ? name : null;
}

/** The filter, what of it was understood, and the names of what was not, which is left out and has to be told. */
export function readFilter(
  given: Given,
  now: Date,
): { filter: DeliveryFilter; values: FilterValues; unread: FilterName[] } {
  const status = one(given.status, DELIVERY_STATUSES);
  const errorClass = one(given.class, FAILURE_CLASSES);
  const within = one(given.within, Object.keys(WITHIN) as Within[]);
  const provider = readProvider(given.provider);
  const address = typeof given.to === "string" ? readAddressPattern(given.to) : null;
  const values = {
    status: status ?? "",
    class: errorClass ?? "",
    within: within ?? "",
    provider: provider ?? "",
    to: address ? writeAddressPattern(address) : "",
  };
  return {
    values,
    unread: FILTER_NAMES.filter((name) => values[name] === "" && isGiven(given[name])),
    filter: {
      ...(status ? { statuses: [status] } : {}),
      ...(errorClass ? { errorClass } : {}),
      ...(within ? { since: addSeconds(now, -WITHIN[within]) } : {}),
      ...(provider ? { provider } : {}),
      ...(address ? { address } : {}),
    },
  };
}

/** Whether anything was asked for at all. */
export const isGiven = (value: unknown): boolean =>
  typeof value === "string" ? value.trim() !== "" : value !== undefined;

/** A list's address; without a whole address of anybody's. */
export function listLocation(values: FilterValues, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(
    Object.entries({ ...values, ...more }).filter(([, value]) => value !== ""),
  );
  return query.size > 0 ? `/ops/deliveries?${query}` : "/ops/deliveries";
}

/** The list's address for a form that was sent; by name only, what could not be read (readUnread). */
export function filterLocation(fields: Given): string {
  const { values, unread } = readFilter(fields, new Date(0));
  return listLocation(values, { unread: unread.join(",") });
}

/** What of the filter was left out: by the form that led here, or by this address itself. */
export function readUnread(given: Given, unread: readonly FilterName[]): FilterName[] {
  const told = typeof given.unread === "string" ? given.unread.split(",") : [];
  return FILTER_NAMES.filter((name) => unread.includes(name) || told.includes(name));
}

export function deliveryLocation(id: string, said: Record<string, string> = {}): string {
  const query = new URLSearchParams(said);
  return query.size > 0 ? `/ops/deliveries/${id}?${query}` : `/ops/deliveries/${id}`;
}

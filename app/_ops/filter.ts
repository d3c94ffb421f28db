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
type Given = Record<string, unknown>;

const one = <Value extends string>(given: unknown, known: readonly Value[]): Value | null =>
  known.find((value) => value === given) ?? null;

function readProvider(given: unknown): string | null {
  return typeof given === "string" && /^[a-z][a-z0-9_-]{0,30}$/.test(given) ? given : null;
}

/** The filter, and what of it was understood; what was not is left out. */
export function readFilter(given: Given, now: Date): { filter: DeliveryFilter; values: FilterValues } {
  const status = one(given.status, DELIVERY_STATUSES);
  const errorClass = one(given.class, FAILURE_CLASSES);
  const within = one(given.within, Object.keys(WITHIN) as Within[]);
  const provider = readProvider(given.provider);
  const address = typeof given.to === "string" ? readAddressPattern(given.to) : null;
  return {
    filter: {
      ...(status ? { statuses: [status] } : {}),
      ...(errorClass ? { errorClass } : {}),
      ...(within ? { since: addSeconds(now, -WITHIN[within]) } : {}),
      ...(provider ? { provider } : {}),
      ...(address ? { address } : {}),
    },
    values: {
      status: status ?? "",
      class: errorClass ?? "",
      within: within ?? "",
      provider: provider ?? "",
      to: address ? writeAddressPattern(address) : "",
    },
  };
}

/** A list's address; without a whole address of anybody's. */
export function listLocation(values: FilterValues, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(
    Object.entries({ ...values, ...more }).filter(([, value]) => value !== ""),
  );
  return query.size > 0 ? `/ops/deliveries?${query}` : "/ops/deliveries";
}

export const filterLocation = (fields: Given) => listLocation(readFilter(fields, new Date(0)).values);

export function deliveryLocation(id: string, said: Record<string, string> = {}): string {
  const query = new URLSearchParams(said);
  return query.size > 0 ? `/ops/deliveries/${id}?${query}` : `/ops/deliveries/${id}`;
}

// The audit trail's filter in a page's address, both ways. A person is named by id, never by an address.
import "server-only";
import { WITHIN, type Within } from "@/app/_ops/filter";
import { AUDIT_ACTORS, AUDIT_TYPES, type AuditFilter } from "@/domain/audit-trail";
import { addSeconds } from "@/domain/clock";
import { readId } from "@/domain/delivery-facts";

/** What stands in the address; empty where nothing was chosen. */
export type AuditFilterValues = { type: string; actor: string; within: string; user: string };

/** `unread`: what was given and not understood; the page says so. */
export function readAuditFilter(
  given: Record<string, unknown>,
  now: Date,
): { filter: AuditFilter; values: AuditFilterValues; unread: (keyof AuditFilterValues)[] } {
  const type = AUDIT_TYPES.find((known) => known === given.type);
  const actor = AUDIT_ACTORS.find((known) => known === given.actor);
  const within = (Object.keys(WITHIN) as Within[]).find((known) => known === given.within);
  const userId = typeof given.user === "string" ? readId(given.user) : null;
  const values = { type: type ?? "", actor: actor ?? "", within: within ?? "", user: userId ?? "" };
  const names = Object.keys(values) as (keyof AuditFilterValues)[];
  return {
    values,
    unread: names.filter((name) => values[name] === "" && given[name] !== undefined && given[name] !== ""),
    filter: {
      ...(type ? { type } : {}),
      ...(actor ? { actor } : {}),
      ...(within ? { since: addSeconds(now, -WITHIN[within]) } : {}),
      ...(userId ? { userId } : {}),
    },
  };
}

export function auditLocation(values: Partial<AuditFilterValues>, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(
    Object.entries({ ...values, ...more }).filter(([, value]) => value !== ""),
  );
  return query.size > 0 ? `/ops/audit?${query}` : "/ops/audit";
}

// What operators do to several mails: asked about first, then done one by one, each in a transaction of its own.
import { listWithUsers } from "@/db/delivery-facts";
import type { DeliveryStatus } from "./confirmation-state";
import { maskEmail } from "./email-address";
import type { QueuedDelivery } from "./registration";
import { cancelDelivery, judgeActs, type Refusal, replayDelivery } from "./replay";
import type { Services } from "./services";

export const ACTS = ["replay", "cancel"] as const;
export type Act = (typeof ACTS)[number];

/** More than a page of the list shows; what is beyond is left out. */
export const SELECTED_MAX = 100;

export type Chosen = {
  id: string;
  /** Masked. */
  address: string;
  status: DeliveryStatus;
  queuedAt: Date;
  /** Why the act would be refused now; null when it would not. */
  refusal: Refusal | null;
};

/** What the act would come to now, in the order given. Ids that lead to nothing, and second ones, are left out. */
export async function judgeSelection(
  services: Services,
  act: Act,
  ids: readonly string[],
): Promise<Chosen[]> {
  const wanted = distinct(ids);
  const found = await listWithUsers(services.db, wanted);
  found.sort((a, b) => wanted.indexOf(a.delivery.id) - wanted.indexOf(b.delivery.id));
  return Promise.all(
    found.map(async ({ delivery, user }) => {
      const { id, recipient, status, createdAt: queuedAt } = delivery;
      const acts = await judgeActs(services, delivery, user);
      return { id, address: maskEmail(recipient), status, queuedAt, refusal: acts[act] };
    }),
  );
}

export type SelectionResult = {
  done: number;
  refused: { id: string; code: Refusal }[];
  /** What was queued anew. */
  queued: QueuedDelivery[];
};

/** Does it to each of them. What was done stays done when a later one throws. */
export async function actOnSelection(
  services: Services,
  act: Act,
  ids: readonly string[],
): Promise<SelectionResult> {
  const result: SelectionResult = { done: 0, refused: [], queued: [] };
  for (const id of distinct(ids)) {
    const outcome = await (act === "replay" ? replayDelivery : cancelDelivery)(services, id);
    if (outcome.outcome === "refused") result.refused.push({ id, code: outcome.code });
    else result.done++;
    if (outcome.outcome === "replayed") result.queued.push(outcome.queued);
  }
  return result;
}

const distinct = (ids: readonly string[]) => [...new Set(ids)].slice(0, SELECTED_MAX);

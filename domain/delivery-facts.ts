// One delivery with everything that is known about it, and whose deliveries there are: for operators.
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { listDeliveriesOf, listOperatorActs, listProviderEvents, listStartEvents } from "@/db/delivery-facts";
import type { DeliveryRow } from "@/db/schema";
import { findUser, findUserByUsername } from "@/db/users";
import { type DeliveryFacts, type Story, tellStory } from "./delivery-story";
import { normalizeEmail } from "./email-address";
import { DELIVERY_REQUESTED, USER_REGISTERED } from "./events";
import { judgeActs, type Refusal } from "./replay";
import type { Services } from "./services";

export type ExplainedDelivery = DeliveryFacts & {
  story: Story;
  /** Null where it may be done now, else why not. */
  acts: { replay: Refusal | null; cancel: Refusal | null };
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Null for what is no id of ours, in any spelling; ids of routes and command lines pass through here. */
export const readId = (given: string): string | null => {
  const id = given.trim().toLowerCase();
  return UUID.test(id) ? id : null;
};

/** Everything about one delivery; null when there is none of that id. */
export async function explainDelivery(services: Services, id: string): Promise<ExplainedDelivery | null> {
  const delivery = await findDelivery(services.db, id);
  return delivery && explain(services, delivery);
}

async function explain(services: Services, delivery: DeliveryRow): Promise<ExplainedDelivery | null> {
  const { db } = services;
  const [user, attempts, providerEvents, startEvents, operatorActs] = await Promise.all([
    findUser(db, delivery.userId),
    listAttempts(db, delivery.id),
    listProviderEvents(db, delivery.id),
    listStartEvents(db, delivery.id, [USER_REGISTERED, DELIVERY_REQUESTED]),
    listOperatorActs(db, delivery),
  ]);
  // Erased in between.
  if (!user) return null;
  const facts = { delivery, user, attempts, providerEvents, startEvents, operatorActs };
  return {
    ...facts,
    story: tellStory(facts, services.clock()),
    acts: await judgeActs(services, delivery, user),
  };
}

/**
 * The newest deliveries, at most `limit`, that a delivery's id, a person's id, a username or an address leads to;
 * newest first, none when it leads nowhere.
 */
export async function explainWhatever(
  services: Services,
  given: string,
  limit = 10,
): Promise<ExplainedDelivery[]> {
  const rows = await findDeliveriesOf(services, given, limit);
  const explained = await Promise.all(rows.map((row) => explain(services, row)));
  return explained.filter((one) => one !== null);
}

async function findDeliveriesOf(services: Services, given: string, limit: number): Promise<DeliveryRow[]> {
  const { db } = services;
  const id = readId(given);
  const delivery = id && (await findDelivery(db, id));
  if (delivery) return [delivery];
  const email = id ? null : normalizeEmail(given);
  const userId = id ?? (email ? null : (await findUserByUsername(db, given.trim()))?.id);
  return listDeliveriesOf(db, { userIds: userId ? [userId] : [], recipient: email }, limit);
}

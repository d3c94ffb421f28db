// Telling Intercom of an account, and taking it back (docs/decisions/029). Of a person it gets what support has to
// know whom it talks to: id, address, username, and since when.

import { randomUUID } from "node:crypto";
import type { Executor } from "@/db/client";
import { beginContact, type ContactToErase, listContactsOf, noteContact } from "@/db/intercom-contacts";
import { insertOutboxRow, removeOutboxRow } from "@/db/outbox";
import { readId } from "./delivery-facts";
import { USER_ERASED } from "./events";
import type { Intercom } from "./intercom";
import type { Services } from "./services";

export type Sync = { outcome: "saved" } | { outcome: "gone" };

/**
 * Creates or updates the person's contact. `gone`: there is no such account (any more), and no contact either. Safe to
 * be done again, and beside an erasure: whichever comes last leaves no contact. Throws IntercomError.
 */
export async function syncUserToIntercom(
  services: Services,
  intercom: Intercom,
  userId: string,
): Promise<Sync> {
  const { db, clock, log } = services;
  const begun = await beginContact(db, userId);
  // An earlier try may have made the contact, and died before it could say so.
  if (!begun) return takeBack(intercom, { userId, contactId: null });
  const { user, contactId: knownId } = begun;
  const person = { userId, email: user.email, name: user.username, signedUpAt: user.createdAt };
  const contactId = await intercom.saveContact(person, knownId);
  if (!(await noteContact(db, userId, contactId, clock()))) return takeBack(intercom, { userId, contactId });
  log.info({ userId, contactId }, `User ${userId} synced to Intercom`);
  return { outcome: "saved" };
}

async function takeBack(intercom: Intercom, contact: ContactToErase): Promise<Sync> {
  await intercom.eraseContact(contact);
  return { outcome: "gone" };
}

/**
 * Of people who are being removed: what Intercom has to be told. Read before their rows go, and announced after, in
 * one transaction, whatever process does it and whatever it knows of Intercom.
 */
export async function planIntercomErasure(
  tx: Executor,
  userIds: readonly string[],
  now: Date,
): Promise<{ announce(): Promise<void> }> {
  const contacts = await listContactsOf(tx, userIds);
  return {
    async announce() {
      for (const { userId, contactId } of contacts)
        await insertOutboxRow(
          tx,
          { id: randomUUID(), name: USER_ERASED, data: { userId, contactId }, createdAt: now },
          0,
        );
    },
  };
}

/** Deletes the contact of somebody who was erased, and then the last row that has their id. Throws IntercomError. */
export async function eraseFromIntercom(
  services: Services,
  intercom: Intercom,
  contact: ContactToErase,
  outboxId: string,
): Promise<{ erased: boolean }> {
  const erased = await intercom.eraseContact(contact);
  // An event that somebody has sent by hand has no row, and an id of another form.
  const id = readId(outboxId);
  if (id) await removeOutboxRow(services.db, id);
  services.log.info({ erased }, "Somebody who was erased here was erased from Intercom");
  return { erased };
}

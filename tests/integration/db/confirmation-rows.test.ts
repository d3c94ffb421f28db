// The one statement says what the five small ones say.
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { listCodes } from "@/db/codes";
import { readConfirmationRows } from "@/db/confirmation-rows";
import { findNewestClaimMail, listQueuedInstants } from "@/db/deliveries";
import { findUser } from "@/db/users";
import { changeAddress } from "@/domain/address-change";
import { requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { listFurtherMails } from "@/domain/mailed-addresses";
import { registerUser } from "@/domain/registration";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const database = useTestDatabase();
const services = useTestServices(database);

async function expectSame(userId: string): Promise<void> {
  const { db } = services;
  const since = new Date(services.clock().getTime() - 24 * 3600_000);
  const user = await findUser(db, userId);
  const rows = await readConfirmationRows(db, userId, since);
  expect(rows).toEqual({
    user,
    delivery: await findNewestClaimMail(db, userId),
    codes: await listCodes(db, userId),
    ofClaim: await listQueuedInstants(db, userId, since),
    furtherToAddress: await listFurtherMails(services, db, user?.email ?? "", since),
  });
}

test("of a claim before its mail, after it, with two more mails, and a day later", async () => {
  const person = someone();
  const { user, deliveryId } = await registerUser(services, person);
  await expectSame(user.id);
  await attemptDelivery(services, deliveryId);
  await expectSame(user.id);
  for (const seconds of [61, 121]) {
    services.pass(seconds);
    await requestAnotherCode(services, user.id);
  }
  // Another claim on that address has further mails too.
  const other = await registerUser(services, { ...someone(), email: person.email });
  services.pass(61);
  await requestAnotherCode(services, other.user.id);
  await expectSame(user.id);
  await expectSame(other.user.id);
  const rows = await readConfirmationRows(services.db, user.id, new Date(0));
  expect([rows?.codes.length, rows?.ofClaim.length, rows?.furtherToAddress.length]).toEqual([3, 3, 3]);
  // Where a claim moves to, what went to that address counts, and the mail that says so too.
  const mover = await registerUser(services, someone());
  await changeAddress(services, mover.user.id, person.email);
  await expectSame(mover.user.id);
  expect(
    (await readConfirmationRows(services.db, mover.user.id, new Date(0)))?.furtherToAddress,
  ).toHaveLength(4);
  services.pass(24 * 3600);
  await expectSame(user.id);
});

test("of nobody there is nothing", async () => {
  expect(await readConfirmationRows(services.db, randomUUID(), new Date(0))).toBeNull();
});

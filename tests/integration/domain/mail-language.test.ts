// The language of a mail is its reader's, and is kept with it.
import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { deliveries, users } from "@/db/schema";
import { findUser } from "@/db/users";
import { changeAddress } from "@/domain/address-change";
import { composeEmail } from "@/domain/compose-email";
import { confirmEmail, requestAnotherCode } from "@/domain/email-confirmation";
import { changePassword } from "@/domain/password-change";
import { registerUser } from "@/domain/registration";
import { type Language, offeredLanguage, tagOf } from "@/messages/languages";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

const registerIn = (language: Language, email = someone().email) =>
  registerUser(services, { ...someone(), email, language });

async function mailOf(deliveryId: string) {
  const delivery = await findDelivery(services.db, deliveryId);
  if (!delivery) throw new Error("There is no such delivery");
  return delivery;
}

/** An account that was registered in a language. */
async function ownerIn(language: Language) {
  const { user, deliveryId } = await registerIn(language);
  const confirmed = await confirmEmail(services, user.id, await codeOf(services, deliveryId));
  return { email: user.email, session: confirmed.session };
}

test("the language of a registration stays with the claim and with every mail it asks for", async () => {
  const { user, deliveryId } = await registerIn("fr");
  expect((await findUser(services.db, user.id))?.language).toBe("fr");
  expect((await mailOf(deliveryId)).language).toBe("fr");
  services.pass(3600);
  const again = await requestAnotherCode(services, user.id);
  expect((await mailOf(again.deliveryId)).language).toBe("fr");
  const moved = await changeAddress(services, user.id, someone().email);
  expect((await mailOf(moved.deliveryId)).language).toBe("fr");
});

test("nobody's wish is English", async () => {
  const { user, deliveryId } = await registerUser(services, someone());
  expect((await findUser(services.db, user.id))?.language).toBe("en");
  expect((await mailOf(deliveryId)).language).toBe("en");
});

test("an owner is told in the owner's language, whatever the one who registers reads", async () => {
  const { email } = await ownerIn("ar");
  const stranger = await registerIn("ja", email);
  expect(await mailOf(stranger.deliveryId)).toMatchObject({ kind: "existing_account", language: "ar" });
  services.pass(3600);
  const again = await requestAnotherCode(services, stranger.user.id);
  expect((await mailOf(again.deliveryId)).language).toBe("ar");
  // The claim keeps its own: what its person is told elsewhere has nothing to do with the owner.
  expect((await findUser(services.db, stranger.user.id))?.language).toBe("ja");
  const moved = await changeAddress(services, stranger.user.id, someone().email);
  expect(await mailOf(moved.deliveryId)).toMatchObject({ kind: "address_changed", language: "ja" });
});

test("a mail that is queued keeps its language when the account's changes: every attempt is the same bytes", async () => {
  const { user, deliveryId } = await registerIn("en");
  const first = await composeEmail(services, await mailOf(deliveryId));
  await services.db.update(users).set({ language: "de" }).where(eq(users.id, user.id));
  expect(await composeEmail(services, await mailOf(deliveryId))).toEqual(first);
});

test("a mail is written for every language that a row may hold, in English where its texts are not there", async () => {
  const { deliveryId } = await registerIn("en");
  const english = await composeEmail(services, await mailOf(deliveryId));
  for (const language of deliveries.language.enumValues) {
    await services.db.update(deliveries).set({ language }).where(eq(deliveries.id, deliveryId));
    const mail = await composeEmail(services, await mailOf(deliveryId));
    expect(mail.html).toContain(`lang="${tagOf(offeredLanguage(language))}"`);
    expect(mail.messageId).toBe(english.messageId);
  }
});

test("the notice of a changed password is in the account's language", async () => {
  const { session } = await ownerIn("pt");
  const { notice } = await changePassword(services, session.identity, {
    current: someone().password,
    next: "a quite different passphrase",
  });
  expect(await mailOf(notice.deliveryId)).toMatchObject({ kind: "password_changed", language: "pt" });
});

test("no row holds a language that nobody knows", async () => {
  const { user, deliveryId } = await registerIn("en");
  const raw = { language: "xx" as Language };
  await expect(services.db.update(users).set(raw).where(eq(users.id, user.id))).rejects.toMatchObject({
    cause: { constraint_name: "users_language_check" },
  });
  await expect(
    services.db.update(deliveries).set(raw).where(eq(deliveries.id, deliveryId)),
  ).rejects.toMatchObject({ cause: { constraint_name: "deliveries_language_check" } });
});

// The mail of welcome: queued with the confirmation, a delivery like any other, and unseen by everybody else.
import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { deliveries, outbox } from "@/db/schema";
import { changeAddress } from "@/domain/address-change";
import { composeEmail } from "@/domain/compose-email";
import { explainDelivery } from "@/domain/delivery-facts";
import { confirmEmail, getConfirmation } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { deleteAccount } from "@/domain/erasure";
import { confirmByLink } from "@/domain/link-confirmation";
import { changePassword } from "@/domain/password-change";
import { registerUser } from "@/domain/registration";
import { cancelDelivery, replayDelivery, replayFailed } from "@/domain/replay";
import { deliverOverdue } from "@/domain/unfinished-deliveries";
import { codeOf, linkOf } from "@/tests/support/codes";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

const mailsOf = (userId: string) =>
  services.db.select().from(deliveries).where(eq(deliveries.userId, userId)).orderBy(deliveries.createdAt);
const welcomesOf = async (userId: string) =>
  (await mailsOf(userId)).filter((delivery) => delivery.kind === "welcome");

async function confirmed(change: Parameters<typeof someone>[0] = {}) {
  const person = someone(change);
  const { user, deliveryId } = await registerUser(services, { ...person, language: "de" });
  services.pass(30);
  const { session } = await confirmEmail(services, user.id, await codeOf(services, deliveryId));
  const [welcome] = await welcomesOf(user.id);
  if (!welcome) throw new Error("no welcome is queued");
  return { person, userId: user.id, codeMail: deliveryId, session, welcome };
}

const handedTo = (email: string) => services.transport.handed.filter((mail) => mail.to === email);

describe("the mail of welcome", () => {
  test("is queued by the confirmation itself, by code or by link, once, and its event waits for the relay", async () => {
    const { userId, welcome, person } = await confirmed();
    expect(welcome).toMatchObject({
      status: "queued",
      recipient: person.email,
      codeId: null,
      language: "de",
      maxAttempts: services.settings.retry.maxAttempts,
      nextAttemptAt: new Date(services.clock().getTime() + 2_000),
    });
    const events = await services.db.select().from(outbox);
    const [start] = events.filter(({ data }) => data.deliveryId === welcome.id);
    expect(start).toMatchObject({ name: "delivery/requested", data: { userId, deliveryId: welcome.id } });
    // Nobody else is going to publish it.
    expect(
      start?.leaseUntil === null || start?.leaseUntil === undefined || start.leaseUntil <= new Date(),
    ).toBe(true);

    const other = await registerUser(services, someone());
    const link = await linkOf(services, other.deliveryId);
    await confirmByLink(services, link, { asker: null, client: {} });
    await confirmByLink(services, link, { asker: null, client: {} }).catch(() => {});
    expect(await welcomesOf(other.user.id)).toHaveLength(1);
  });

  test("says username, address and where to sign in; the same bytes at every attempt", async () => {
    const { person, welcome } = await confirmed();
    services.transport.answer(refusal());
    expect(await attemptDelivery(services, welcome.id)).toMatchObject({ outcome: "retry", attempt: 1 });
    services.pass(60);
    expect(await attemptDelivery(services, welcome.id)).toMatchObject({ outcome: "sent", attempt: 2 });
    const [first, second, ...more] = handedTo(person.email);
    expect(more).toEqual([]);
    expect(second).toEqual(first);
    expect(first).toMatchObject({
      subject: "Willkommen bei Latchkey",
      idempotencyKey: `delivery/${welcome.id}`,
    });
    for (const said of [person.email, person.username, `${services.settings.appUrl}/sign-in`])
      expect(first?.text).toContain(said);
    expect((await listAttempts(services.db, welcome.id)).map(({ outcome }) => outcome)).toEqual([
      "failed",
      "accepted",
    ]);
  });

  test("is written without asking the database, which may go away just then: that is no mistake of the template", async () => {
    const { person, welcome } = await confirmed();
    const { keys, settings } = services;
    const { text } = await composeEmail({ keys, settings }, welcome, person);
    await attemptDelivery(services, welcome.id);
    expect(handedTo(person.email)[0]?.text).toBe(text);
  });

  test("leaves out a username that a mail client would make a link of", async () => {
    const username = `win.prizes${process.pid}`;
    const { person, welcome } = await confirmed({ username });
    await attemptDelivery(services, welcome.id);
    const [mail] = handedTo(person.email);
    expect(mail?.text).toContain(person.email);
    expect(`${mail?.html}${mail?.text}`.replaceAll(person.email, "")).not.toContain(username);
  });

  test("is the only mail after a confirmation: the code's is called off, and what the confirm page is about stays that one", async () => {
    const { userId, codeMail, person, welcome } = await confirmed();
    expect(await findDelivery(services.db, codeMail)).toMatchObject({
      status: "cancelled",
      reasonCode: "confirmed",
    });
    expect(await attemptDelivery(services, codeMail)).toMatchObject({ outcome: "settled" });
    await attemptDelivery(services, welcome.id);
    expect(handedTo(person.email).map(({ subject }) => subject)).toEqual(["Willkommen bei Latchkey"]);
    expect((await getConfirmation(services, userId))?.delivery).toMatchObject({
      id: codeMail,
      status: "cancelled",
    });
  });

  test("is sent once however many try, and none of them calls it off", async () => {
    const { person, welcome } = await confirmed();
    let release: () => void = () => {};
    const underWay = new Promise<void>((begun) => {
      services.transport.answer(async () => {
        begun();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return { outcome: "accepted", providerMessageId: "provider-w" };
      });
    });
    const first = attemptDelivery(services, welcome.id);
    await underWay;
    expect(await attemptDelivery(services, welcome.id)).toMatchObject({ outcome: "busy" });
    release();
    expect(await first).toMatchObject({ outcome: "sent" });
    expect(await attemptDelivery(services, welcome.id)).toMatchObject({ outcome: "settled", status: "sent" });
    expect(handedTo(person.email)).toHaveLength(1);
  });

  test("is sent by a server process when the engine does not", async () => {
    const { person, welcome } = await confirmed();
    services.pass(60);
    await deliverOverdue(services, 30);
    expect(await findDelivery(services.db, welcome.id)).toMatchObject({ status: "sent" });
    expect(handedTo(person.email)).toHaveLength(1);
  });

  test("is not sent to an account that is gone", async () => {
    const { person, session, welcome } = await confirmed();
    await deleteAccount(services, session.identity, { password: person.password });
    expect(await attemptDelivery(services, welcome.id)).toMatchObject({ outcome: "settled", status: null });
    expect(handedTo(person.email)).toEqual([]);
  });

  test("is not queued where EMAIL_WELCOME is off", async () => {
    services.settings.welcomeMail = false;
    const { user, deliveryId } = await registerUser(services, someone());
    await confirmEmail(services, user.id, await codeOf(services, deliveryId));
    expect((await mailsOf(user.id)).map(({ kind }) => kind)).toEqual(["confirmation"]);
  });

  test("P6: comes to nobody whose claim is on an address that has an owner", async () => {
    const owner = await confirmed();
    const stranger = await registerUser(services, someone({ email: owner.person.email }));
    const moved = await registerUser(services, someone());
    await changeAddress(services, moved.user.id, owner.person.email);
    for (const { user, deliveryId } of [stranger, moved])
      await confirmEmail(services, user.id, await codeOf(services, deliveryId)).catch(() => {});
    expect(await welcomesOf(stranger.user.id)).toEqual([]);
    expect(await welcomesOf(moved.user.id)).toEqual([]);
  });
});

describe("operators and the mail of welcome", () => {
  test("its story is told, it can be called off, and another one sent in the place of one that failed", async () => {
    const { userId, welcome } = await confirmed();
    services.transport.answer(refusal({ class: "permanent", code: "mail_refused" }));
    await attemptDelivery(services, welcome.id);
    const found = await explainDelivery(services, welcome.id);
    expect(found?.story.lines[0]?.text).toMatch(/^Queued for .*: welcome\.$/);
    expect(found?.acts).toEqual({ replay: null, cancel: "already_settled" });
    const replay = await replayDelivery(services, welcome.id);
    if (replay.outcome !== "replayed") throw new Error(replay.code);
    expect(await replayDelivery(services, welcome.id)).toMatchObject({ code: "superseded" });
    expect((await welcomesOf(userId)).map(({ status }) => status)).toEqual(["failed", "queued"]);
    expect(await cancelDelivery(services, replay.queued.deliveryId)).toEqual({ outcome: "cancelled" });
  });

  test("a failed one is among all that are sent anew, whatever other mails the account got since", async () => {
    const { person, session, welcome } = await confirmed();
    services.transport.answer(refusal({ class: "permanent", code: "mail_refused" }));
    await attemptDelivery(services, welcome.id);
    const since = services.clock();
    services.pass(1);
    const next = "another passphrase";
    await changePassword(services, session.identity, { current: person.password, next });
    const { replayed } = await replayFailed(services, { since, limit: 10 });
    expect(replayed).toHaveLength(1);
    expect(await findDelivery(services.db, replayed[0]?.deliveryId ?? "")).toMatchObject({ kind: "welcome" });
  });
});

test.each(["welcome", "password_changed"] as const)(
  "with EMAIL_RATE_LIMIT a notice to an account (%s) waits for its turn and its retry like any mail, and is sent",
  async (kind) => {
    services.settings.sendsPerSecond = 1_000;
    const { person, session, welcome } = await confirmed();
    const next = "another passphrase";
    const { notice } = await changePassword(services, session.identity, { current: person.password, next });
    const id = kind === "welcome" ? welcome.id : notice.deliveryId;
    services.transport.answer(refusal());
    expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "retry" });
    expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "paced" });
    services.pass(60);
    expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "sent" });
  },
);

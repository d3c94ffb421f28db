import { eq, lte } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { auditLog, mailStops } from "@/db/schema";
import { findUser } from "@/db/users";
import { changeAddress } from "@/domain/address-change";
import { composeEmail } from "@/domain/compose-email";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { DomainError } from "@/domain/errors";
import { allowMailAgain, disownClaim, MAIL_STOP_SECONDS, readNotMeLink } from "@/domain/mail-stop";
import { queueNotice, registerUser } from "@/domain/registration";
import { purgeExpired } from "@/domain/retention";
import { authenticateSession } from "@/domain/tokens";
import { codeOf } from "@/tests/support/codes";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

const client = { network: "192.0.2.9" };
const codeOfRefusal = (error: unknown) => (error instanceof DomainError ? error.code : String(error));

/** Registers, and reads what stands behind "This wasn't me" in the mail. */
async function register(change: Parameters<typeof someone>[0] = {}) {
  const person = someone(change);
  const registration = await registerUser(services, { ...person, device: "Safari on iPhone" });
  return { ...person, ...registration, notMe: await notMeOf(registration.deliveryId) };
}

async function notMeOf(deliveryId: string): Promise<string> {
  const delivery = await findDelivery(services.db, deliveryId);
  if (!delivery) throw new Error("no such delivery");
  return /\/not-me#(\S+)/.exec((await composeEmail(services, delivery)).text)?.[1] ?? "";
}

/** Everything a registrant can see of their mail, times as seconds from the registration. */
async function seenBy(userId: string): Promise<object | null> {
  const state = await getConfirmation(services, userId);
  if (!state) return null;
  const startMs = Date.parse(state.registered_at);
  const text = JSON.stringify({ ...state, email: "", delivery: { ...state.delivery, id: "" } });
  return JSON.parse(
    text.replace(/"(\d{4}-\d\d-\d\dT[^"]+Z)"/g, (_, at: string) => String(Date.parse(at) - startMs)),
  ) as object;
}

describe("“This wasn't me”", () => {
  test("tells what it is about, as often as it is asked, and changes nothing", async () => {
    const { notMe, email, username, user } = await register();
    for (let time = 0; time < 3; time++)
      expect(await readNotMeLink(services, notMe, client)).toEqual({
        email,
        stopped_until: null,
        registration: { username, registered_at: user.created_at, device: "Safari on iPhone" },
      });
    expect(await getConfirmation(services, user.id)).not.toBeNull();
  });

  test("ends the claim, its sessions and what is on its way, and is written down", async () => {
    const { notMe, email, user, session, deliveryId } = await register();
    expect(await disownClaim(services, notMe, client)).toEqual({
      email,
      stopped_until: new Date(services.clock().getTime() + MAIL_STOP_SECONDS * 1000).toISOString(),
      registration: null,
    });
    expect(await getConfirmation(services, user.id)).toBeNull();
    expect(await authenticateSession(services, session.identity.sessionId)).toBeNull();
    expect(await attemptDelivery(services, deliveryId)).toMatchObject({
      outcome: "settled",
      status: "cancelled",
    });
    await expect(confirmEmail(services, user.id, await codeOf(services, deliveryId))).rejects.toMatchObject({
      code: "invalid_token",
    });
    const rows = await services.db.select().from(auditLog).where(eq(auditLog.userId, user.id));
    expect(rows.at(-1)).toMatchObject({ type: "disowned", details: { claim: "ended" } });
  });

  test("again is no error, and other claims on the address stay", async () => {
    const first = await register();
    const second = await register({ email: first.email });
    await Promise.all([1, 2, 3].map(() => disownClaim(services, first.notMe, client)));
    expect(await getConfirmation(services, second.user.id)).not.toBeNull();
  });

  test("is written down once, however often the same link is sent, and once more for each claim that it ends", async () => {
    const first = await register();
    const second = await register({ email: first.email });
    const written = () => services.db.$count(auditLog, eq(auditLog.type, "disowned"));
    const before = await written();
    for (let time = 0; time < 3; time++) await disownClaim(services, first.notMe, client);
    await Promise.all([1, 2, 3, 4].map(() => disownClaim(services, first.notMe, client)));
    expect(await written()).toBe(before + 1);
    for (let time = 0; time < 3; time++) await disownClaim(services, second.notMe, client);
    expect(await written()).toBe(before + 2);
  });

  test("and taking it back, over and over, ends: the sixth time in a day mail stays stopped", async () => {
    services.settings.rateLimits = true;
    const { notMe } = await register();
    const before = await services.db.$count(auditLog);
    const outcomes: string[] = [];
    for (let time = 0; time < 8; time++) {
      await disownClaim(services, notMe, client);
      outcomes.push(await allowMailAgain(services, notMe, client).then(() => "allowed", codeOfRefusal));
    }
    expect(outcomes).toEqual([...Array(5).fill("allowed"), "link_limit", "link_limit", "link_limit"]);
    // Six stops, and five times taken back.
    expect(await services.db.$count(auditLog)).toBe(before + 11);
    expect((await readNotMeLink(services, notMe, client)).stopped_until).not.toBeNull();
    // Without a stop there is nothing to count, and nothing to refuse.
    const other = await register();
    for (let time = 0; time < 7; time++) await allowMailAgain(services, other.notMe, client);
    services.pass(24 * 3600);
    expect(await allowMailAgain(services, notMe, client)).toMatchObject({ stopped_until: null });
  });

  test("in the mail to an old address does not end a claim that has moved on", async () => {
    const { notMe, user } = await register();
    await changeAddress(services, user.id, someone().email);
    expect(await disownClaim(services, notMe, client)).toMatchObject({ registration: null });
    expect(await getConfirmation(services, user.id)).not.toBeNull();
  });

  test("touches no account", async () => {
    const { notMe, user, deliveryId } = await register();
    const { session } = await confirmEmail(services, user.id, await codeOf(services, deliveryId));
    await disownClaim(services, notMe, client);
    expect(await getConfirmation(services, user.id)).toMatchObject({ confirmed: true });
    expect(await authenticateSession(services, session.identity.sessionId)).not.toBeNull();
  });

  test("works when the claim and all its rows are long gone, for 30 days", async () => {
    const { notMe, email } = await register();
    services.pass(29 * 24 * 3600);
    await purgeExpired(services);
    expect(await disownClaim(services, notMe, client)).toMatchObject({ email, registration: null });
    services.pass(24 * 3600);
    expect(await disownClaim(services, notMe, client).catch(codeOfRefusal)).toBe("link_over");
  });

  test("is the address's secret: what somebody made up is refused, and counted", async () => {
    services.settings.rateLimits = true;
    const { notMe } = await register();
    const forged = `${notMe.slice(0, -4)}AAAA`;
    const tries = await Promise.all(
      Array.from({ length: 40 }, () => disownClaim(services, forged, client).catch(codeOfRefusal)),
    );
    expect(tries.filter((code) => code === "link_over")).toHaveLength(30);
    expect(tries.filter((code) => code === "link_limit")).toHaveLength(10);
  });
});

describe("an address that asked for no mail", () => {
  test("gets none for 30 days, whoever registers, resends or moves a claim to it, and then does again", async () => {
    const { notMe, email } = await register();
    await disownClaim(services, notMe, client);
    const again = await register({ email });
    const mover = await register();
    await attemptDelivery(services, mover.deliveryId);
    services.pass(60);
    const moved = await changeAddress(services, mover.user.id, email);
    await attemptDelivery(services, again.deliveryId);
    const resent = await requestAnotherCode(services, again.user.id);
    for (const { deliveryId } of [resent, moved]) await attemptDelivery(services, deliveryId);
    expect(services.transport.handed.map((mail) => mail.to)).toEqual([mover.email]);
    services.pass(MAIL_STOP_SECONDS);
    const later = await register({ email });
    await attemptDelivery(services, later.deliveryId);
    expect(services.transport.handed.at(-1)?.to).toBe(email);
    const listEnded = () =>
      services.db.select().from(mailStops).where(lte(mailStops.endsAt, services.clock()));
    expect(await listEnded()).not.toEqual([]);
    await purgeExpired(services);
    expect(await listEnded()).toEqual([]);
  });

  test("is handed over to nobody with nothing secret in it, and the ledger says so", async () => {
    const { notMe, email } = await register();
    await disownClaim(services, notMe, client);
    const { deliveryId, notMe: secret } = await register({ email });
    const code = await codeOf(services, deliveryId);
    await attemptDelivery(services, deliveryId);
    expect(services.transport.rehearsed).toHaveLength(1);
    for (const hidden of [code, secret, "/confirm/link#", "/not-me#"])
      expect(JSON.stringify(services.transport.rehearsed)).not.toContain(hidden);
    expect(await listAttempts(services.db, deliveryId)).toMatchObject([
      { outcome: "withheld", errorCode: "mail_stopped" },
    ]);
  });

  test("of an account hears of a changed password all the same: that is no registration", async () => {
    const { user, email, deliveryId, notMe } = await register();
    await attemptDelivery(services, deliveryId);
    await confirmEmail(services, user.id, await codeOf(services, deliveryId));
    await disownClaim(services, notMe, client);
    const owner = await findUser(services.db, user.id);
    if (!owner) throw new Error("The account is gone");
    const notice = await queueNotice(services, services.db, owner, { kind: "password_changed" });
    await attemptDelivery(services, notice.deliveryId);
    expect(services.transport.handed.at(-1)?.to).toBe(email);
  });

  test("looks to whoever registers with it as any other does: sent, in trouble, resent, and confirmed by nothing", async () => {
    const stopped = await register();
    await disownClaim(services, stopped.notMe, client);
    const seen: object[][] = [];
    for (const email of [stopped.email, someone().email]) {
      const states: (object | null | string)[] = [];
      const { user, deliveryId } = await register({ email });
      states.push(await seenBy(user.id));
      services.transport.answer(refusal());
      states.push((await attemptDelivery(services, deliveryId)).outcome, await seenBy(user.id));
      services.pass(60);
      states.push((await attemptDelivery(services, deliveryId)).outcome, await seenBy(user.id));
      const wrong = (await codeOf(services, deliveryId)) === "000000" ? "000001" : "000000";
      states.push(await confirmEmail(services, user.id, wrong).then(() => "", codeOfRefusal));
      states.push(await requestAnotherCode(services, user.id).then(() => "resent", codeOfRefusal));
      states.push(await seenBy(user.id));
      seen.push(states as object[]);
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(JSON.stringify(seen[0])).toContain('"status":"sent"');
    expect(JSON.stringify(seen[0])).toContain('"status":"retrying"');
  });

  test("gets mail again when its reader takes it back", async () => {
    const { notMe, email } = await register();
    await disownClaim(services, notMe, client);
    expect(await allowMailAgain(services, notMe, client)).toMatchObject({ stopped_until: null });
    const { deliveryId } = await register({ email });
    await attemptDelivery(services, deliveryId);
    expect(services.transport.handed.at(-1)?.to).toBe(email);
  });

  test("is stored as a keyed hash", async () => {
    const { notMe, email } = await register();
    await disownClaim(services, notMe, client);
    const rows = JSON.stringify(await services.db.select().from(mailStops));
    expect(rows).not.toContain(email);
  });
});

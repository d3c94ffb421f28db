import { and, eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { confirmationCodes, outbox, users } from "@/db/schema";
import { revokeAllSessions } from "@/db/sessions";
import { changeAddress } from "@/domain/address-change";
import { GO_ON_SECONDS, goOnAfterConfirmation } from "@/domain/claim-sessions";
import { hashLink } from "@/domain/confirmation-link";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { DomainError } from "@/domain/errors";
import { confirmByLink, readLink } from "@/domain/link-confirmation";
import { registerUser } from "@/domain/registration";
import { authenticateAccessToken, authenticateSession, type Identity, refreshSession } from "@/domain/tokens";
import { codeOf, linkOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

const codeOfRefusal = (error: unknown) => (error instanceof DomainError ? error.code : String(error));
/** Somebody who opens the link on a device that knows nothing. */
const elsewhere = { asker: null, client: { network: "192.0.2.77" } };
const refusalOf = (link: string) =>
  confirmByLink(services, link, elsewhere).then(() => "confirmed", codeOfRefusal);

async function register(change: Parameters<typeof someone>[0] = {}) {
  const person = someone(change);
  const registration = await registerUser(services, { ...person, device: "Firefox on Linux" });
  return { ...person, ...registration, link: await linkOf(services, registration.deliveryId) };
}

async function isConfirmed(userId: string): Promise<boolean> {
  return (await getConfirmation(services, userId))?.confirmed ?? false;
}

describe("the link of the mail", () => {
  test("ASVS 14.2.1: is in the mail, in the fragment and nowhere before it, and the same at every attempt", async () => {
    const { deliveryId, link } = await register();
    services.transport.answer({
      outcome: "failed",
      class: "transient",
      code: "timeout",
      providerCode: null,
      providerText: "",
      retryAfterSeconds: null,
    });
    await attemptDelivery(services, deliveryId);
    services.pass(60);
    await attemptDelivery(services, deliveryId);
    const [first, second] = services.transport.handed;
    expect(first?.text).toContain(`\n${services.settings.appUrl}/confirm/link#${link}\n`);
    expect(first?.html).toContain(`href="${services.settings.appUrl}/confirm/link#${link}"`);
    expect(second?.html).toBe(first?.html);
  });

  test("is stored as a keyed hash alone", async () => {
    const { link, user } = await register();
    const rows = await services.db
      .select()
      .from(confirmationCodes)
      .where(eq(confirmationCodes.userId, user.id));
    expect(rows.map((row) => row.linkHash)).toEqual([hashLink(services.keys, link)]);
    expect(JSON.stringify(rows)).not.toContain(link);
  });

  test("tells who registered, with which address, when and from where, as often as it is asked, and changes nothing", async () => {
    const { link, user, username, email, session } = await register();
    for (const asker of [null, session.identity, null])
      expect(await readLink(services, link, { asker, client: {} })).toEqual({
        username,
        email,
        registered_at: user.created_at,
        device: "Firefox on Linux",
        is_yours: asker !== null,
      });
    expect(await isConfirmed(user.id)).toBe(false);
    expect(await refusalOf(link)).toBe("confirmed");
  });
});

describe("confirming by link", () => {
  test("on another device confirms, announces it and opens no session there", async () => {
    const { link, user } = await register();
    const confirmed = await confirmByLink(services, link, elsewhere);
    expect(confirmed.user).toMatchObject({ id: user.id, email_confirmed: true });
    expect(confirmed.session).toBeNull();
    expect(await isConfirmed(user.id)).toBe(true);
    const events = await services.db
      .select()
      .from(outbox)
      .where(and(eq(outbox.name, "user/confirmed"), sql`${outbox.data}->>'userId' = ${user.id}`));
    expect(events).toHaveLength(1);
  });

  test("in the browser that registered opens a new, full session and ends the claim's", async () => {
    const { link, user, session } = await register();
    const confirmed = await confirmByLink(services, link, { asker: session.identity, client: {} });
    expect(confirmed.session?.identity).toMatchObject({ userId: user.id, scope: "full" });
    await expect(authenticateAccessToken(services, session.tokens.access_token)).rejects.toMatchObject({
      code: "invalid_token",
    });
  });

  test("gives somebody who is signed in as somebody else no session of the claim", async () => {
    const { link } = await register();
    const stranger = await register();
    const confirmed = await confirmByLink(services, link, { asker: stranger.session.identity, client: {} });
    expect(confirmed.session).toBeNull();
    expect(await isConfirmed(stranger.user.id)).toBe(false);
  });

  test("once more says to whom it is that they are in already, and to anybody else that they can sign in", async () => {
    const { link, session } = await register();
    const confirmed = await confirmByLink(services, link, { asker: session.identity, client: {} });
    const refused = (asker: Identity | null) =>
      Promise.all(
        [readLink, confirmByLink].map((use) =>
          use(services, link, { asker, client: {} }).catch((error: DomainError) => [
            error.code,
            error.message,
          ]),
        ),
      );
    const [mine, others] = [await refused(confirmed.session?.identity ?? null), await refused(null)];
    expect(mine).toEqual(Array(2).fill(["already_confirmed", "This address is confirmed already."]));
    expect(others).toEqual(
      Array(2).fill(["already_confirmed", "This address is confirmed already. You can sign in."]),
    );
  });

  test("works once", async () => {
    const { link, deliveryId, user } = await register();
    const tries = await Promise.all(Array.from({ length: 10 }, () => refusalOf(link)));
    expect(tries.filter((outcome) => outcome === "confirmed")).toHaveLength(1);
    expect(tries.filter((outcome) => outcome === "already_confirmed")).toHaveLength(9);
    await expect(confirmEmail(services, user.id, await codeOf(services, deliveryId))).rejects.toMatchObject({
      code: "already_confirmed",
    });
  });

  test("lives as long as the code: fifteen minutes from acceptance", async () => {
    const { link, deliveryId } = await register();
    await attemptDelivery(services, deliveryId);
    services.pass(15 * 60 - 1);
    await readLink(services, link, elsewhere);
    services.pass(1);
    expect(await refusalOf(link)).toBe("link_over");
  });

  test("is not kept from its owner by wrong codes that somebody typed", async () => {
    const { link, deliveryId, user } = await register();
    const wrong = String((Number(await codeOf(services, deliveryId)) + 1) % 1_000_000).padStart(6, "0");
    for (let index = 0; index < 6; index++) await confirmEmail(services, user.id, wrong).catch(() => {});
    expect(await refusalOf(link)).toBe("confirmed");
  });

  test("takes the links of the last two mails, as it takes their codes", async () => {
    const { link, user, deliveryId } = await register();
    await attemptDelivery(services, deliveryId);
    services.pass(60);
    const second = await requestAnotherCode(services, user.id);
    await attemptDelivery(services, second.deliveryId);
    await readLink(services, link, elsewhere);
    services.pass(120);
    const third = await requestAnotherCode(services, user.id);
    // Until the third mail leaves, the first one is the last but one that did.
    await readLink(services, link, elsewhere);
    await attemptDelivery(services, third.deliveryId);
    expect(await refusalOf(link)).toBe("link_over");
    await readLink(services, await linkOf(services, third.deliveryId), elsewhere);
    expect(await refusalOf(await linkOf(services, second.deliveryId))).toBe("confirmed");
  });

  test("of the only mail that came works after two more that never left", async () => {
    const { link, user, deliveryId } = await register();
    await attemptDelivery(services, deliveryId);
    for (const _ of [1, 2]) {
      services.pass(240);
      await requestAnotherCode(services, user.id);
    }
    expect(await refusalOf(link)).toBe("confirmed");
  });

  test("of the old address does not confirm the new one", async () => {
    const { link, user } = await register();
    const moved = await changeAddress(services, user.id, someone().email);
    expect(await refusalOf(link)).toBe("link_over");
    expect(await refusalOf(await linkOf(services, moved.deliveryId))).toBe("confirmed");
  });

  test("opens its own claim only: the victim's link does not confirm whoever registered first (better-auth#11023)", async () => {
    const attacker = await register();
    const victim = await register({ email: attacker.email });
    expect(await refusalOf(victim.link)).toBe("confirmed");
    expect(await isConfirmed(victim.user.id)).toBe(true);
    expect(await getConfirmation(services, attacker.user.id)).toBeNull();
    expect(await refusalOf(attacker.link)).toBe("link_over");
    await expect(goOnAfterConfirmation(services, attacker.session.identity, {})).rejects.toMatchObject({
      code: "not_confirmed",
    });
  });

  test("never works for an address that has an owner", async () => {
    const owner = await register();
    await confirmByLink(services, owner.link, elsewhere);
    const decoy = await register({ email: owner.email });
    expect(await refusalOf(decoy.link)).toBe("link_over");
  });

  test("is over when the claim is", async () => {
    const { link, user } = await register();
    await services.db.update(users).set({ claimExpiresAt: services.clock() }).where(eq(users.id, user.id));
    expect(await refusalOf(link)).toBe("link_over");
  });

  test("counts what is no link, up to thirty in fifteen minutes a network, also in parallel; one that works is never refused", async () => {
    services.settings.rateLimits = true;
    const { link } = await register();
    const made = (index: number) => String(index).padStart(32, "A");
    for (let index = 0; index < 40; index++) await readLink(services, link, elsewhere);
    const guesses = await Promise.all(Array.from({ length: 50 }, (_, index) => refusalOf(made(index))));
    expect(guesses.filter((outcome) => outcome === "link_over")).toHaveLength(30);
    expect(guesses.filter((outcome) => outcome === "link_limit")).toHaveLength(20);
    const many = await Promise.all(Array.from({ length: 40 }, () => readLink(services, link, elsewhere)));
    expect(many).toHaveLength(40);
    expect(await refusalOf(link)).toBe("confirmed");
    expect(await refusalOf(made(0))).toBe("link_limit");
    services.pass(15 * 60);
    expect(await refusalOf(made(0))).toBe("link_over");
  });
});

describe("the page where somebody registered, after a click elsewhere", () => {
  test("goes on once, to a new and full session", async () => {
    const { link, session, user } = await register();
    await confirmByLink(services, link, elsewhere);
    const identity = await authenticateAccessToken(services, session.tokens.access_token);
    expect(identity.scope).toBe("claim");
    const gone = await Promise.allSettled(
      Array.from({ length: 5 }, () => goOnAfterConfirmation(services, identity, {})),
    );
    const opened = gone.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(opened).toHaveLength(1);
    expect(opened[0]?.session.identity).toMatchObject({ userId: user.id, scope: "full" });
    expect(opened[0]?.session.identity.sessionId).not.toBe(identity.sessionId);
    await expect(refreshSession(services, session.tokens.refresh_token)).rejects.toMatchObject({
      code: "invalid_token",
    });
  });

  test("does not outlive a password that is changed at that moment", async () => {
    const { link, session, user } = await register();
    await confirmByLink(services, link, elsewhere);
    let going: Promise<unknown> = Promise.resolve();
    await services.db.transaction(async (tx) => {
      await tx.update(users).set({ passwordHash: "changed" }).where(eq(users.id, user.id));
      going = goOnAfterConfirmation(services, session.identity, {});
      going.catch(() => {});
      await expect
        .poll(async () => {
          const [row] = await services.db.execute<{ count: number }>(sql`select count(*)::int as count
            from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
          return row?.count;
        })
        .toBe(1);
      await revokeAllSessions(tx, [user.id], services.clock());
    });
    await expect(going).rejects.toMatchObject({ code: "invalid_token" });
  });

  test("may not before it happened", async () => {
    const { session } = await register();
    await expect(goOnAfterConfirmation(services, session.identity, {})).rejects.toMatchObject({
      code: "not_confirmed",
    });
  });

  test("may for a quarter of an hour, and then has to sign in", async () => {
    const { link, session } = await register();
    await confirmByLink(services, link, elsewhere);
    services.pass(GO_ON_SECONDS - 1);
    expect(await authenticateSession(services, session.identity.sessionId)).not.toBeNull();
    services.pass(1);
    expect(await authenticateSession(services, session.identity.sessionId)).toBeNull();
  });
});

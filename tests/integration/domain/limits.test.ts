// The limits with real SQL: what a hundred callers at once get, and what the table keeps of them.
import { eq, like } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { takeHit } from "@/db/rate-limits";
import { deliveries, rateLimits, users } from "@/db/schema";
import { changeAddress } from "@/domain/address-change";
import { confirmEmail, requestAnotherCode } from "@/domain/email-confirmation";
import { LIMITS } from "@/domain/limits";
import { admitClaim, admitFurtherMail, admitRegistration } from "@/domain/rate-limit";
import { registerUser } from "@/domain/registration";
import { purgeExpired } from "@/domain/retention";
import { signIn } from "@/domain/sign-in";
import { codeOf } from "@/tests/support/codes";
import { inParallel, refusalOf, somebody, someDomain, someNetwork, useLimits } from "@/tests/support/limits";
import { someone } from "@/tests/support/services";

const services = useLimits();

describe("registrations of one network", () => {
  test("of a hundred in parallel exactly twenty are let in", async () => {
    const network = someNetwork();
    expect(await inParallel(100, () => registerUser(services, { ...somebody(), network }))).toEqual({
      admitted: 20,
      codes: ["registration_limit"],
    });
  });

  test("are let in again when the first is an hour old, and not a second before", async () => {
    const network = someNetwork();
    for (let i = 0; i < 20; i++) {
      await registerUser(services, { ...somebody(), network });
      services.pass(10);
    }
    const refused = await refusalOf(registerUser(services, { ...somebody(), network }));
    const waitSeconds = ((refused.details.nextAllowedAt?.getTime() ?? 0) - services.clock().getTime()) / 1000;
    expect(waitSeconds).toBe(3600 - 200);
    services.pass(waitSeconds - 1);
    await refusalOf(registerUser(services, { ...somebody(), network }));
    services.pass(1);
    await registerUser(services, { ...somebody(), network });
    // One place came free, not twenty.
    await refusalOf(registerUser(services, { ...somebody(), network }));
  });

  test("do not use up another network's", async () => {
    const network = someNetwork();
    await inParallel(25, () => registerUser(services, { ...somebody(), network }));
    await registerUser(services, { ...somebody(), network: someNetwork() });
  });

  test("count together when the network is not known", async () => {
    const result = await inParallel(25, () => registerUser(services, somebody()));
    expect(result).toEqual({ admitted: 20, codes: ["registration_limit"] });
  });

  test("are not counted at all while the limits are off", async () => {
    services.settings.rateLimits = false;
    const network = someNetwork();
    const result = await inParallel(25, () => registerUser(services, { ...somebody(), network }));
    expect(result.admitted).toBe(25);
  });
});

describe("registrations at one domain", () => {
  // Counting alone: a hundred passwords need not be hashed for it.
  const claimAt = (domain: string, networkHash: string) =>
    admitClaim(
      services,
      services.db,
      { email: `${someone().username}@${domain}`, networkHash },
      services.clock(),
    );

  test("are a hundred an hour, and one more for each of fifty other networks", async () => {
    const domain = someDomain();
    const strangers = [someNetwork(), someNetwork(), someNetwork(), someNetwork()];
    for (const stranger of strangers)
      expect(await inParallel(30, () => claimAt(domain, stranger))).toEqual({
        admitted: 25,
        codes: ["domain_limit"],
      });
    expect(await inParallel(60, () => claimAt(domain, someNetwork()))).toEqual({
      admitted: 50,
      codes: ["domain_limit"],
    });
    services.pass(3600);
    await claimAt(domain, someNetwork());
  });

  test("ASVS 6.1.1: four networks that use all of it up do not keep an owner out, who has one try in an hour then", async () => {
    const domain = someDomain();
    for (let networks = 0; networks < 4; networks++) {
      const stranger = someNetwork();
      await inParallel(25, () => claimAt(domain, stranger));
    }
    const own = someNetwork();
    await claimAt(domain, own);
    const refused = await refusalOf(claimAt(domain, own));
    expect(refused.code).toBe("domain_limit");
    expect(refused.details.nextAllowedAt?.getTime()).toBeGreaterThan(services.clock().getTime());
    services.pass(3600);
    await claimAt(domain, own);
  });

  test("are not limited where everybody has a mailbox", async () => {
    expect(await inParallel(160, () => claimAt("gmail.com", someNetwork()))).toEqual({
      admitted: 160,
      codes: [],
    });
  });
});

describe("the whole site", () => {
  test("over its limit refuses registrations, while those who are registered still get another code", async () => {
    const early = await registerUser(services, { ...somebody(), network: someNetwork() });
    services.pass(60);
    const rush = await inParallel(120, () => admitRegistration(services, someNetwork()));
    expect(rush).toEqual({ admitted: 100, codes: ["site_limit"] });
    const refused = await refusalOf(registerUser(services, { ...somebody(), network: someNetwork() }));
    expect(refused).toMatchObject({ code: "site_limit" });
    await requestAnotherCode(services, early.user.id);
    services.pass(10);
    await registerUser(services, { ...somebody(), network: someNetwork() });
  });

  test("has a lane for further mails that nobody uses up with requests that are refused", async () => {
    const [one, other] = [
      await registerUser(services, { ...somebody(), network: someNetwork() }),
      await registerUser(services, { ...somebody(), network: someNetwork() }),
    ];
    services.pass(60);
    const email = one.user.email;
    const resends = await inParallel(60, () => requestAnotherCode(services, one.user.id));
    expect(resends).toEqual({ admitted: 1, codes: ["resend_cooldown"] });
    const changes = await inParallel(60, () => changeAddress(services, one.user.id, email));
    expect(changes.codes.sort()).toEqual(["change_limit", "invalid_input"]);
    await requestAnotherCode(services, other.user.id);
    const lane = LIMITS.furtherMailsOfSite.name;
    const rows = await services.db
      .select()
      .from(rateLimits)
      .where(like(rateLimits.key, `${lane}:%`));
    expect(rows.map(({ hits }) => hits.length)).toEqual([2]);
  });

  test("refuses further mails beyond the lane, and writes nothing for them", async () => {
    const { user } = await registerUser(services, { ...somebody(), network: someNetwork() });
    services.pass(60);
    const now = services.clock();
    for (let n = 0; n < 100; n++) await admitFurtherMail(services, services.db, now);
    const mails = () => services.db.$count(deliveries, eq(deliveries.userId, user.id));
    expect((await refusalOf(requestAnotherCode(services, user.id))).code).toBe("site_limit");
    expect(await mails()).toBe(1);
    services.pass(10);
    await requestAnotherCode(services, user.id);
    expect(await mails()).toBe(2);
  });

  test("does not ask everybody for a proof because of one network", async () => {
    services.settings.proofOfWork = "auto";
    services.settings.proofAbovePerHour = 25;
    const network = someNetwork();
    const rush = await inParallel(60, () => registerUser(services, { ...somebody(), network }));
    expect(rush).toEqual({ admitted: 20, codes: ["registration_limit"] });
    await registerUser(services, { ...somebody(), network: someNetwork() });
  });

  test("does not count whom it asks for a proof", async () => {
    services.settings.proofOfWork = "always";
    const network = someNetwork();
    for (let n = 0; n < 25; n++) {
      const refused = await refusalOf(registerUser(services, { ...somebody(), network }));
      expect(refused.code).toBe("proof_required");
    }
    services.settings.proofOfWork = "off";
    const rush = await inParallel(30, () => registerUser(services, { ...somebody(), network }));
    expect(rush.admitted).toBe(20);
  });

  test("is not used up by a network that is over its own limit", async () => {
    const network = someNetwork();
    await inParallel(150, () => admitRegistration(services, network));
    await admitRegistration(services, someNetwork());
  });
});

describe("what is kept", () => {
  test("names no network, no address and no name, and has an end date", async () => {
    const person = somebody();
    const network = "198.51.100.77";
    await registerUser(services, { ...person, network });
    await refusalOf(signIn(services, { login: person.email, password: "wrong password", network }));
    const everything = JSON.stringify([
      await services.db.select().from(rateLimits),
      (await services.db.select().from(users)).map((user) => user.claimNetwork),
    ]);
    for (const secret of [network, person.email, person.username, person.email.split("@")[1] ?? ""])
      expect(everything).not.toContain(secret);
    services.pass(24 * 3600 + 1);
    const forgotten = await purgeExpired(services);
    expect(forgotten.limits).toBeGreaterThan(0);
    expect(forgotten.networks).toBeGreaterThan(0);
    expect(await services.db.$count(rateLimits)).toBe(0);
    const networksLeft = (await services.db.select().from(users)).filter((user) => user.claimNetwork);
    expect(networksLeft).toEqual([]);
  });

  test("a network is forgotten with the claim that came from it", async () => {
    const networkOf = async (id: string) =>
      (await services.db.select().from(users)).find((user) => user.id === id)?.claimNetwork;
    const { email } = somebody();
    const other = await registerUser(services, { ...someone(), email, network: someNetwork() });
    const owner = await registerUser(services, { ...someone(), email, network: someNetwork() });
    expect(await networkOf(owner.user.id)).toMatch(/^[\w-]{27}$/);
    await confirmEmail(services, owner.user.id, await codeOf(services, owner.deliveryId));
    expect(await networkOf(owner.user.id)).toBeNull();
    expect(await networkOf(other.user.id)).toBeNull();
  });

  test("a sliding window never holds more than its limit, and old times leave it", async () => {
    const windows = [
      { limit: 3, seconds: 10 },
      { limit: 5, seconds: 100 },
    ];
    const taken: number[] = [];
    const start = services.clock().getTime();
    for (let second = 0; second < 300; second++)
      if ((await takeHit(services.db, "sliding", windows, new Date(start + second * 1000))) === null)
        taken.push(second);
    for (const { limit, seconds } of windows)
      for (const end of taken)
        expect(taken.filter((at) => at > end - seconds && at <= end).length).toBeLessThanOrEqual(limit);
    // As many as fit: nobody is kept waiting longer than the windows say.
    expect(taken).toEqual([0, 1, 2, 10, 11, 100, 101, 102, 110, 111, 200, 201, 202, 210, 211]);
    const [row] = (await services.db.select().from(rateLimits)).filter(({ key }) => key === "sliding");
    expect(row?.hits.length).toBeLessThanOrEqual(5);
  });
});

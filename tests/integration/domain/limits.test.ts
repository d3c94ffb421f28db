// The limits with real SQL: what a hundred callers at once get, and what the table keeps of them.
import { eq, like } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { takeHit } from "@/db/rate-limits";
import { deliveries, rateLimits, refreshTokens, users } from "@/db/schema";
import { changeAddress } from "@/domain/address-change";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { DomainError } from "@/domain/errors";
import { LIMITS } from "@/domain/limits";
import { admitClaim, admitFurtherMail, admitRegistration, admitSignIn } from "@/domain/rate-limit";
import { registerUser } from "@/domain/registration";
import { purgeExpired } from "@/domain/retention";
import { signIn } from "@/domain/sign-in";
import { refreshSession } from "@/domain/tokens";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
beforeEach(() => {
  services.settings.rateLimits = true;
  services.settings.proofOfWork = "off";
  // Each test has days of its own: what is the whole site's would be shared by all.
  services.pass(++days * 2 * 86_400);
});
let days = 0;

let networks = 0;
const someNetwork = () => `203.0.113.${++networks}`;
let domains = 0;
const someDomain = () => `d${++domains}.example`;

/** A person whose mailbox's domain nobody else uses. */
const somebody = () => {
  const person = someone();
  return { ...person, email: `${person.username}@${someDomain()}` };
};

const refusalOf = (work: Promise<unknown>): Promise<DomainError> =>
  work.then(
    () => {
      throw new Error("it was not refused");
    },
    (error: unknown) => {
      if (error instanceof DomainError) return error;
      throw error;
    },
  );

/** How many of `count` at once were let in, and the codes of the others. */
async function inParallel(count: number, work: () => Promise<unknown>) {
  const results = await Promise.allSettled(Array.from({ length: count }, work));
  const codes = results.flatMap((result) =>
    result.status === "rejected"
      ? [result.reason instanceof DomainError ? result.reason.code : String(result.reason)]
      : [],
  );
  return { admitted: count - codes.length, codes: [...new Set(codes)] };
}

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

describe("registrations with one address", () => {
  const registering = (email: string) => (network: string) => () =>
    registerUser(services, { ...someone(), email, network });

  test("are three an hour from one network, and six from all", async () => {
    const { email } = somebody();
    const [first, second, third] = [someNetwork(), someNetwork(), someNetwork()];
    const from = registering(email);
    expect(await inParallel(5, from(first))).toEqual({ admitted: 3, codes: ["address_limit"] });
    expect(await inParallel(5, from(second))).toEqual({ admitted: 3, codes: ["address_limit"] });
    // What is reserved for those whom two networks must not lock out.
    expect(await inParallel(5, from(third))).toEqual({ admitted: 1, codes: ["address_limit"] });
    services.pass(3600);
    expect(await inParallel(2, from(third))).toEqual({ admitted: 2, codes: [] });
  });

  test("let one more in from each of three other networks, and say when the next may come", async () => {
    const { email } = somebody();
    const from = registering(email);
    for (const network of [someNetwork(), someNetwork()]) await inParallel(3, from(network));
    const others = [];
    for (let n = 0; n < 5; n++) others.push(await inParallel(1, from(someNetwork())));
    expect(others.map(({ admitted }) => admitted)).toEqual([1, 1, 1, 0, 0]);
    const refused = await refusalOf(from(someNetwork())());
    expect(refused.details.nextAllowedAt).toEqual(new Date(services.clock().getTime() + 3600_000));
    services.pass(3600);
    await from(someNetwork())();
  });

  test("count neighbouring IPv6 networks as one", async () => {
    const from = registering(somebody().email);
    const neighbours = ["2001:db8:7:1::/64", "2001:db8:7:2::/64", "2001:db8:7:3::/64", "2001:db8:7:4::/64"];
    const results = [];
    for (const network of neighbours) results.push(await inParallel(1, from(network)));
    expect(results.map(({ admitted }) => admitted)).toEqual([1, 1, 1, 0]);
    await from("2001:db8:8:1::/64")();
  });

  test("from two networks do not end the claim of a third", async () => {
    const owner = somebody();
    const { user } = await registerUser(services, { ...owner, network: someNetwork() });
    const from = registering(owner.email);
    const [first, second] = [someNetwork(), someNetwork()];
    for (const network of [first, first, second, second, first]) await from(network)();
    expect(await getConfirmation(services, user.id)).toMatchObject({ email: owner.email });
  });

  test("do not count when the username was taken", async () => {
    const taken = somebody();
    await registerUser(services, { ...taken, network: someNetwork() });
    const { email } = somebody();
    const network = someNetwork();
    for (let i = 0; i < 5; i++)
      expect(
        (
          await refusalOf(
            registerUser(services, { ...someone({ username: taken.username }), email, network }),
          )
        ).code,
      ).toBe("username_taken");
    await registerUser(services, { ...someone(), email, network });
  });

  test("are limited the same once the address has an owner", async () => {
    const owner = somebody();
    const network = someNetwork();
    const { user, deliveryId } = await registerUser(services, { ...owner, network });
    await confirmEmail(services, user.id, await codeOf(services, deliveryId));
    const { email: unknown } = somebody();
    for (const email of [owner.email, unknown]) {
      const from = someNetwork();
      expect(
        await inParallel(5, () => registerUser(services, { ...someone(), email, network: from })),
      ).toEqual({ admitted: 3, codes: ["address_limit"] });
      // The owner's own registration is not among what is counted.
      expect(await inParallel(5, () => registerUser(services, { ...someone(), email, network }))).toEqual({
        admitted: 3,
        codes: ["address_limit"],
      });
    }
  });
});

describe("registrations at one domain", () => {
  const [window] = LIMITS.claimsPerDomain.windows;

  // Counting alone: a hundred passwords need not be hashed for it.
  const fill = (domain: string) =>
    inParallel(window.limit + 10, () =>
      admitClaim(
        services,
        services.db,
        { email: `${someone().username}@${domain}`, networkHash: someNetwork() },
        services.clock(),
      ),
    );

  test("are a hundred an hour", async () => {
    expect(await fill(someDomain())).toEqual({ admitted: 100, codes: ["domain_limit"] });
  });

  test("are not limited where everybody has a mailbox", async () => {
    expect(await fill("gmail.com")).toEqual({ admitted: 110, codes: [] });
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

describe("ASVS 2.4.1: resends", () => {
  test("are five an hour for an address, over all its claims", async () => {
    const { email } = somebody();
    const claims = [];
    for (let i = 0; i < 3; i++)
      claims.push(await registerUser(services, { ...someone(), email, network: someNetwork() }));
    let sent = 0;
    for (let round = 0; round < 3; round++) {
      services.pass(300);
      for (const { user } of claims)
        await requestAnotherCode(services, user.id).then(
          () => sent++,
          (error: DomainError) => expect(error.code).toBe("resend_limit"),
        );
    }
    expect(sent).toBe(5);
  });

  test("of three claims at once do not get past it", async () => {
    const { email } = somebody();
    const claims = [];
    for (let i = 0; i < 3; i++)
      claims.push(await registerUser(services, { ...someone(), email, network: someNetwork() }));
    services.pass(60);
    await requestAnotherCode(services, claims[0]?.user.id ?? "");
    for (let i = 0; i < 3; i++) {
      services.pass(300);
      await requestAnotherCode(services, claims[0]?.user.id ?? "");
    }
    services.pass(300);
    const results = await Promise.allSettled(claims.map(({ user }) => requestAnotherCode(services, user.id)));
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  });

  test("count the same for an address that has an owner", async () => {
    const owner = somebody();
    const registered = await registerUser(services, { ...owner, network: someNetwork() });
    services.pass(60);
    const again = await requestAnotherCode(services, registered.user.id);
    await confirmEmail(services, registered.user.id, await codeOf(services, again.deliveryId));
    const counts = [];
    for (const email of [owner.email, somebody().email]) {
      const { user } = await registerUser(services, { ...someone(), email, network: someNetwork() });
      let sent = 0;
      for (let i = 0; i < 8; i++) {
        services.pass(300);
        await requestAnotherCode(services, user.id).then(
          () => sent++,
          () => {},
        );
      }
      counts.push(sent);
    }
    expect(counts).toEqual([5, 5]);
  });
});

describe("ASVS 6.1.1, 6.3.1: tries to sign in", () => {
  const attempt = (login: string, network: string, password = "wrong password") =>
    signIn(services, { login, password, network });

  test("are five for one name from one network, whether anybody has the name or not", async () => {
    const person = somebody();
    await registerUser(services, { ...person, network: someNetwork() });
    for (const login of [person.username, "nobody-at-all"]) {
      const network = someNetwork();
      const result = await inParallel(8, () => attempt(login, network));
      expect(result.admitted).toBe(0);
      expect(result.codes.sort()).toEqual(["bad_credentials", "sign_in_limit"]);
      expect((await refusalOf(attempt(login.toUpperCase(), network))).code).toBe("sign_in_limit");
      expect((await refusalOf(attempt(login, someNetwork()))).code).toBe("bad_credentials");
    }
  });

  test("begin anew after the right password", async () => {
    const person = somebody();
    await registerUser(services, { ...person, network: someNetwork() });
    const network = someNetwork();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 4; i++) await refusalOf(attempt(person.username, network));
      await attempt(person.username, network, person.password);
    }
  });

  test("are refused with the right password too, and say until when", async () => {
    const person = somebody();
    await registerUser(services, { ...person, network: someNetwork() });
    const network = someNetwork();
    for (let i = 0; i < 5; i++) await refusalOf(attempt(person.username, network));
    const refused = await refusalOf(attempt(person.username, network, person.password));
    expect(refused).toMatchObject({
      code: "sign_in_limit",
      details: { nextAllowedAt: new Date(services.clock().getTime() + 15 * 60_000) },
    });
    services.pass(15 * 60);
    await attempt(person.username, network, person.password);
  });

  test("are ten at an account from one network, and a hundred from everywhere, with both of its names", async () => {
    const person = somebody();
    const names = [person.username, person.email];
    const triesFrom = (network: string, count: number) =>
      Promise.all(names.map((name) => inParallel(count, () => admitSignIn(services, name, network))));
    const sum = (results: { admitted: number }[]) => results.reduce((all, { admitted }) => all + admitted, 0);
    expect(sum(await triesFrom(someNetwork(), 8))).toBe(10);
    let others = 0;
    for (let n = 0; n < 12; n++) others += sum(await triesFrom(someNetwork(), 8));
    expect(others).toBe(90);
  });

  test("are sixty from one network, over all names", async () => {
    const network = someNetwork();
    let names = 0;
    const result = await inParallel(80, () => admitSignIn(services, `name${++names}`, network));
    expect(result).toEqual({ admitted: 60, codes: ["sign_in_limit"] });
  });
});

describe("new tokens for a refresh token", () => {
  const [{ limit }] = LIMITS.refreshesPerSession.windows;
  const open = async () =>
    (await registerUser(services, { ...somebody(), network: someNetwork() })).session.tokens.refresh_token;

  test("are given thirty times an hour in a session, each of them; another session is its own", async () => {
    let token = await open();
    for (let n = 0; n < limit; n++) token = (await refreshSession(services, token)).refresh_token;
    const refused = await refusalOf(refreshSession(services, token));
    expect(refused).toMatchObject({
      code: "refresh_limit",
      details: { nextAllowedAt: new Date(services.clock().getTime() + 3600_000) },
    });
    const rows = await services.db.$count(refreshTokens);
    await refusalOf(refreshSession(services, token));
    expect(await services.db.$count(refreshTokens)).toBe(rows);
    await refreshSession(services, await open());
    // What was refused was not used up.
    services.pass(3600);
    await refreshSession(services, token);
  });

  test("that were used are known as such under the limit too", async () => {
    const first = await open();
    let token = first;
    for (let n = 0; n < limit; n++) token = (await refreshSession(services, token)).refresh_token;
    expect((await refusalOf(refreshSession(services, first))).code).toBe("invalid_token");
    expect((await refusalOf(refreshSession(services, token))).code).toBe("invalid_token");
  });

  test("nobody's tokens use no limit up", async () => {
    const before = await services.db.$count(rateLimits);
    expect(await inParallel(50, () => refreshSession(services, "nobody's"))).toEqual({
      admitted: 0,
      codes: ["invalid_token"],
    });
    expect(await services.db.$count(rateLimits)).toBe(before);
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

// The limits of signing in and of refreshing with real SQL.
import { describe, expect, test } from "vitest";
import { rateLimits, refreshTokens } from "@/db/schema";
import { LIMITS } from "@/domain/limits";
import { admitSignIn } from "@/domain/rate-limit";
import { registerUser } from "@/domain/registration";
import { signIn } from "@/domain/sign-in";
import { refreshSession } from "@/domain/tokens";
import { inParallel, refusalOf, somebody, someNetwork, useLimits } from "@/tests/support/limits";

const services = useLimits();

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

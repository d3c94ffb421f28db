import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import {
  isOperator,
  OPERATOR_SESSION_SECONDS,
  signInOperator,
  signOutOperator,
} from "@/domain/operator-access";
import { purgeExpired } from "@/domain/retention";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
const expected = "k7wq-9fzd-m3xa-t2hb";
const network = "203.0.113.77";

const acts = async () =>
  (
    await services.db.execute<{ type: string; actor: string; user_id: string | null }>(
      sql`select type, actor, user_id from audit_log where type::text like 'operator_%' order by id`,
    )
  ).map(({ type, actor, user_id }) => `${actor} ${type} ${user_id}`);

beforeEach(async () => {
  await services.db.execute(sql`delete from audit_log`);
  await services.db.execute(sql`delete from rate_limits`);
});

describe("an operator", () => {
  test("signs in with the password, until the hour is over, and each time is written down", async () => {
    const { token } = await signInOperator(services, { password: expected, expected, network });
    expect(await isOperator(services, { token, expected })).toBe(true);
    services.pass(OPERATOR_SESSION_SECONDS - 1);
    expect(await isOperator(services, { token, expected })).toBe(true);
    services.pass(2);
    expect(await isOperator(services, { token, expected })).toBe(false);
    expect(await purgeExpired(services)).toMatchObject({ operator_sessions: 1 });
    expect(await acts()).toEqual(["operator operator_signed_in null"]);
  });

  test("is refused with any other password, also when none is set, and that is written down", async () => {
    for (const [password, set] of [
      ["", expected],
      [`${expected} `, expected],
      [expected.toUpperCase(), expected],
      ["", null],
      ["anything", null],
      ["", ""],
    ] as const)
      await expect(signInOperator(services, { password, expected: set, network })).rejects.toMatchObject({
        code: "bad_credentials",
      });
    expect(await acts()).toEqual(Array.from({ length: 6 }, () => "operator operator_sign_in_refused null"));
  });

  test("ends the session everywhere by signing out, and all of them by another password", async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() => signInOperator(services, { password: expected, expected, network })),
    );
    if (!one || !two) throw new Error("not signed in");
    await signOutOperator(services, { token: one.token, expected, network });
    await signOutOperator(services, { token: one.token, expected, network });
    expect(await isOperator(services, { token: one.token, expected })).toBe(false);
    expect(await isOperator(services, { token: two.token, expected })).toBe(true);
    expect(await isOperator(services, { token: two.token, expected: "another one" })).toBe(false);
    expect((await acts()).at(-1)).toBe("operator operator_signed_out null");
    expect(await acts()).toHaveLength(3);
  });

  test("leaves no token in the database, only what cannot be turned back", async () => {
    const { token } = await signInOperator(services, { password: expected, expected, network });
    const rows = await services.db.execute(sql`select * from operator_sessions`);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  test("who guesses is stopped after five tries from one network; the right password begins anew", async () => {
    services.settings.rateLimits = true;
    const guess = (from: string) => signInOperator(services, { password: "guess", expected, network: from });
    for (let n = 0; n < 4; n++)
      await expect(guess(network)).rejects.toMatchObject({ code: "bad_credentials" });
    await signInOperator(services, { password: expected, expected, network });
    for (let n = 0; n < 5; n++)
      await expect(guess(network)).rejects.toMatchObject({ code: "bad_credentials" });
    await expect(guess(network)).rejects.toMatchObject({ code: "sign_in_limit" });
    await expect(signInOperator(services, { password: expected, expected, network })).rejects.toMatchObject({
      code: "sign_in_limit",
    });
    await expect(guess("203.0.113.78")).rejects.toMatchObject({ code: "bad_credentials" });
  });

  test("who guesses from everywhere is stopped after fifty tries in an hour, and judged again after it", async () => {
    services.settings.rateLimits = true;
    const guess = (n: number) =>
      signInOperator(services, { password: "guess", expected, network: `203.0.113.${n}` });
    for (let n = 0; n < 50; n++) await expect(guess(n)).rejects.toMatchObject({ code: "bad_credentials" });
    await expect(guess(50)).rejects.toMatchObject({ code: "sign_in_limit" });
    services.pass(3600);
    await expect(guess(51)).rejects.toMatchObject({ code: "bad_credentials" });
  });
});

// Who is told to come again in seconds, and does so, must not find that these tries were counted for an hour.
import { describe, expect, onTestFinished, test } from "vitest";
import { sharedQueue } from "@/domain/bounded-queue";
import { LIMITS } from "@/domain/limits";
import { changePassword } from "@/domain/password-change";
import { admitRegistration } from "@/domain/rate-limit";
import { registerUser } from "@/domain/registration";
import { signIn } from "@/domain/sign-in";
import { inParallel, refusalOf, somebody, someNetwork, useLimits } from "@/tests/support/limits";

const services = useLimits();

/** The process hashes as much as it takes, and its line is full, until what this answers is called. */
function keepHashingBusy(): () => void {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  // The one that is there (domain/password.ts): its options are not ours.
  const queue = sharedQueue("argon2id", {
    atOnce: 1,
    waitingMax: 0,
    refuse: () => new Error("not made here"),
  });
  const taken = Array.from({ length: 502 }, () => queue.run(() => held));
  onTestFinished(async () => {
    release();
    await Promise.allSettled(taken);
  });
  return release;
}

const times = (count: number, work: () => Promise<unknown>) =>
  Array.from({ length: count }).reduce<Promise<unknown>>((before) => before.then(work), Promise.resolve());

describe("a process that is too busy to hash", () => {
  test("costs a network no registration", async () => {
    const network = someNetwork();
    const register = () => registerUser(services, { ...somebody(), network });
    // Made once, before: the queue is made at its first use.
    await register();
    const release = keepHashingBusy();
    await times(25, async () => expect((await refusalOf(register())).code).toBe("busy"));
    release();
    expect(await inParallel(25, register)).toEqual({ admitted: 19, codes: ["registration_limit"] });
  });

  test("costs nobody a try to sign in, or to change a password", async () => {
    const person = somebody();
    const { user, session } = await registerUser(services, { ...person, network: someNetwork() });
    const network = someNetwork();
    const tryIn = () => signIn(services, { login: person.username, password: person.password, network });
    const change = () =>
      changePassword(services, session.identity, {
        current: person.password,
        next: "quite another one",
        network,
      });
    const release = keepHashingBusy();
    await times(8, async () => {
      expect((await refusalOf(tryIn())).code).toBe("busy");
      expect((await refusalOf(change())).code).toBe("busy");
    });
    release();
    expect((await tryIn()).user.id).toBe(user.id);
  });

  test("and wrong passwords count as they did", async () => {
    const network = someNetwork();
    const guess = () => signIn(services, { login: "nobody-at-all", password: "wrong password", network });
    const result = await inParallel(8, guess);
    expect(result.codes.sort()).toEqual(["bad_credentials", "sign_in_limit"]);
  });
});

test("whom the whole site's limit refuses has used up nothing of their network's", async () => {
  const network = someNetwork();
  const register = () => registerUser(services, { ...somebody(), network });
  await inParallel(LIMITS.registrationsOfSite.windows[0]?.limit ?? 0, () =>
    admitRegistration(services, someNetwork()),
  );
  await times(25, async () => expect((await refusalOf(register())).code).toBe("site_limit"));
  services.pass(10);
  expect(await inParallel(25, register)).toEqual({ admitted: 20, codes: ["registration_limit"] });
});

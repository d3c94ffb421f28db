// Who is told to come again in seconds, and does so, must not find that these tries were counted for an hour.
import { and, desc, eq } from "drizzle-orm";
import { describe, expect, onTestFinished, test } from "vitest";
import { auditLog, users } from "@/db/schema";
import { sharedQueue } from "@/domain/bounded-queue";
import { LIMITS } from "@/domain/limits";
import { changePassword } from "@/domain/password-change";
import { admitRegistration } from "@/domain/rate-limit";
import { registerUser } from "@/domain/registration";
import { signIn } from "@/domain/sign-in";
import { inParallel, refusalOf, somebody, someNetwork, useLimits } from "@/tests/support/limits";

const services = useLimits();

/** The process hashes as much as it takes, and its line is full, until what this answers is called. */
const keepHashingBusy = () => keepBusy("argon2id", 502);

function keepBusy(name: string, places: number): () => void {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  // The one that is there (domain/password.ts): its options are not ours.
  const queue = sharedQueue(name, {
    atOnce: 1,
    waitingMax: 0,
    refuse: () => new Error("not made here"),
  });
  const taken = Array.from({ length: places }, () => queue.run(() => held));
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

  test("ASVS 6.3.1: guesses cost a try where a line is full that only wrong passwords come to", async () => {
    const [person, old] = [somebody(), somebody()];
    const { user } = await registerUser(services, { ...person, network: someNetwork() });
    const { user: other } = await registerUser(services, { ...old, network: someNetwork() });
    // Somebody of the replaced system who has not come yet: every refusal costs what theirs would.
    const ofOther = eq(users.id, other.id);
    const passwordHash = `pbkdf2_sha256$1000$salt$${"A".repeat(43)}=`;
    await services.db.update(users).set({ passwordHash }).where(ofOther);
    const network = someNetwork();
    const guess = (password: string) => signIn(services, { login: person.username, password, network });
    // Made once, before: the queue is made at its first use.
    await refusalOf(
      signIn(services, { login: "nobody", password: "wrong password", network: someNetwork() }),
    );
    const release = keepBusy("pbkdf2", 25);
    const codes: string[] = [];
    for (let tries = 0; tries < 7; tries++) codes.push((await refusalOf(guess("wrong password"))).code);
    release();
    expect(codes).toEqual([...Array<string>(5).fill("busy"), "sign_in_limit", "sign_in_limit"]);
    const refused = and(eq(auditLog.userId, user.id), eq(auditLog.type, "sign_in_refused"));
    expect(await services.db.$count(auditLog, refused)).toBe(5);
    // Of the other one, whose password nobody looked at, it is written down as that.
    const blocked = keepBusy("pbkdf2", 25);
    const came = signIn(services, { login: old.username, password: "any password", network: someNetwork() });
    expect((await refusalOf(came)).code).toBe("busy");
    blocked();
    const [row] = await services.db
      .select()
      .from(auditLog)
      .where(eq(auditLog.userId, other.id))
      .orderBy(desc(auditLog.id));
    expect(row?.details).toEqual({ reason: "busy" });
    services.pass(15 * 60);
    expect((await guess(person.password)).user.id).toBe(user.id);
    await services.db.delete(users).where(ofOther);
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

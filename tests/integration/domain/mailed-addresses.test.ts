// What went to an address counts for a day: nothing that a stranger does to claims, accounts or names of theirs makes
// room for more. Replays of what once did.
import { like } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { deliveries, rateLimits, users } from "@/db/schema";
import { changeAddress } from "@/domain/address-change";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { deleteAccount, erasePerson } from "@/domain/erasure";
import { DomainError } from "@/domain/errors";
import { type Registration, registerUser } from "@/domain/registration";
import { purgeExpired } from "@/domain/retention";
import { sendToPerson } from "@/domain/send-to-person";
import { codeOf } from "@/tests/support/codes";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

const network = "203.0.113.5";
const register = (change: Parameters<typeof someone>[0] = {}) =>
  registerUser(services, { ...someone(change), network });
const mailsTo = (email: string) => services.transport.handed.filter((mail) => mail.to === email).length;

/** An address with an owner. */
async function owned() {
  const person = someone();
  const { user, deliveryId } = await registerUser(services, person);
  const { session } = await confirmEmail(services, user.id, await codeOf(services, deliveryId));
  return { ...person, session };
}

/** Asks for another code every five minutes. Returns what came of it. */
async function resend({ user }: Registration, times: number): Promise<string[]> {
  const said: string[] = [];
  for (let i = 0; i < times; i++) {
    services.pass(301);
    said.push(
      await requestAnotherCode(services, user.id).then(
        () => "queued",
        (error: unknown) => (error instanceof DomainError ? error.code : String(error)),
      ),
    );
  }
  return said;
}

const five = (after: string) => [...Array.from({ length: 5 }, () => "queued"), after];

/** Three more claims on the address end this one; registering its name elsewhere then takes the name. */
async function makeRoomAndTakeName({ user }: Registration): Promise<Registration[]> {
  const others = [];
  for (let i = 0; i < 3; i++) {
    services.pass(1);
    others.push(await register({ email: user.email }));
  }
  expect(await getConfirmation(services, user.id)).toBeNull();
  const taken = await register({ username: user.username });
  expect(taken.user.username).toBe(user.username);
  return others;
}

/** Moves a claim to a mailbox of one's own and confirms there. */
async function confirmElsewhere({ user }: Registration) {
  const { email } = someone();
  const { deliveryId } = await changeAddress(services, user.id, email);
  return confirmEmail(services, user.id, await codeOf(services, deliveryId));
}

const remove = ({ session }: Awaited<ReturnType<typeof confirmElsewhere>>) =>
  deleteAccount(services, session.identity, { password: someone().password });

/** What a stranger does with a claim that has used up an address; each once made room on it. */
const RESETS = [
  ["ending the claim and registering its name elsewhere", makeRoomAndTakeName],
  ["moving the claim to a mailbox of one's own and confirming there", confirmElsewhere],
  [
    "deleting the account that became of it elsewhere",
    async (claim: Registration) => remove(await confirmElsewhere(claim)),
  ],
  [
    "having the account erased that became of it elsewhere",
    async (claim: Registration) => {
      const { user } = await confirmElsewhere(claim);
      await erasePerson(services, user.email);
    },
  ],
] as const;

describe("ASVS 2.4.1: five further mails an hour and ten a day for an address are not reset by", () => {
  test.each(RESETS)("%s", async (_, reset) => {
    const { email } = someone();
    const first = await register({ email });
    expect(await resend(first, 6)).toEqual(five("resend_limit"));
    await reset(first);
    const next = await register({ email });
    const [last] = await resend(next, 1);
    expect(last).toBe("resend_limit");
    // What the page says is what is done, to the second.
    const state = await getConfirmation(services, next.user.id);
    expect(state?.resend).toMatchObject({ allowed: false, reason: "limit" });
    const until = Date.parse(state?.resend.next_allowed_at ?? "");
    services.pass((until - services.clock().getTime()) / 1000 - 1);
    await expect(requestAnotherCode(services, next.user.id)).rejects.toMatchObject({ code: "resend_limit" });
    services.pass(1);
    expect((await getConfirmation(services, next.user.id))?.resend.allowed).toBe(true);
    await requestAnotherCode(services, next.user.id);
  });

  test("deleting the address's own account: what strangers sent to it still counts", async () => {
    const owner = await owned();
    const stranger = await register({ email: owner.email });
    expect(await resend(stranger, 6)).toEqual(five("resend_limit"));
    await deleteAccount(services, owner.session.identity, { password: owner.password });
    expect(await resend(stranger, 1)).toEqual(["resend_limit"]);
  });

  test("any of these, whether the address has an owner or not", async () => {
    const seen = [];
    for (const email of [(await owned()).email, someone().email]) {
      const first = await register({ email });
      const said = await resend(first, 6);
      const others = await makeRoomAndTakeName(first);
      for (const claim of others) said.push(...(await resend(claim, 1)));
      const at = services.clock().getTime();
      const states = await Promise.all(others.map(({ user }) => getConfirmation(services, user.id)));
      const waits = states.map((state) => Date.parse(state?.resend.next_allowed_at ?? "") - at);
      seen.push({ said, waits, reasons: states.map((state) => state?.resend.reason) });
    }
    expect(seen[0]).toEqual(seen[1]);
  });
});

describe("what counts as a further mail to an address", () => {
  test("of ten resends by three claims at the same instant one is the last", async () => {
    const { email } = someone();
    const claims = [await register({ email }), await register({ email }), await register({ email })];
    const [first] = claims;
    if (!first) throw new Error("no claim");
    expect(await resend(first, 4)).toEqual(Array.from({ length: 4 }, () => "queued"));
    services.pass(301);
    const tries = Array.from({ length: 10 }, (_, i) => claims[i % 3]?.user.id ?? "");
    const results = await Promise.allSettled(tries.map((id) => requestAnotherCode(services, id)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("a mail that was refused is not counted, one that an operator sent is", async () => {
    const { email } = someone();
    const claim = await register({ email });
    await expect(requestAnotherCode(services, claim.user.id)).rejects.toMatchObject({
      code: "resend_cooldown",
    });
    services.transport.answer(refusal({ class: "permanent", code: "mailbox_unknown" }));
    await attemptDelivery(services, claim.deliveryId);
    expect(await sendToPerson(services, claim.user.id)).toMatchObject({ outcome: "queued" });
    expect(await resend(claim, 5)).toEqual([...Array.from({ length: 4 }, () => "queued"), "resend_limit"]);
  });

  test("mails that led to the confirmation of that very address are not", async () => {
    const { email } = someone();
    const claim = await register({ email });
    const stranger = await register({ email });
    expect(await resend(stranger, 1)).toEqual(["queued"]);
    expect(await resend(claim, 3)).toEqual(["queued", "queued", "queued"]);
    const [newest] = (await services.db.select().from(deliveries))
      .filter((row) => row.userId === claim.user.id)
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
    await confirmEmail(services, claim.user.id, await codeOf(services, newest?.id ?? ""));
    // The stranger's one is among five; the owner's three are not.
    const next = await register({ email });
    expect(await resend(next, 5)).toEqual([...Array.from({ length: 4 }, () => "queued"), "resend_limit"]);
  });

  test("is kept by keyed hash, for a day, and forgotten with a person that an operator erases", async () => {
    const { email } = someone();
    const claim = await register({ email });
    await resend(claim, 1);
    const kept = () =>
      services.db.select().from(rateLimits).where(like(rateLimits.key, "further-mails-per-address:%"));
    const keyOf = async () =>
      (await services.db.select().from(users)).find(({ id }) => id === claim.user.id)?.furtherMailsKey;
    const key = await keyOf();
    const ours = async () => (await kept()).filter((row) => row.key === key);
    expect(await ours()).toHaveLength(1);
    expect(JSON.stringify(await kept())).not.toContain(email);
    await erasePerson(services, email);
    expect(await ours()).toEqual([]);
    await resend(await register({ email }), 1);
    services.pass(24 * 3600);
    expect(await ours()).toHaveLength(1);
    await purgeExpired(services);
    expect(await ours()).toEqual([]);
  });
});

describe("the owner of an address is told once a day, also after", () => {
  test.each(RESETS)("%s", async (_, reset) => {
    const { email } = await owned();
    const first = await register({ email });
    await attemptDelivery(services, first.deliveryId);
    expect(mailsTo(email)).toBe(1);
    await reset(first);
    const next = await register({ email });
    expect(await attemptDelivery(services, next.deliveryId)).toMatchObject({ outcome: "sent" });
    expect(mailsTo(email)).toBe(1);
    services.pass(24 * 3600);
    await purgeExpired(services);
    const tomorrow = await register({ email });
    await attemptDelivery(services, tomorrow.deliveryId);
    expect(mailsTo(email)).toBe(2);
  });

  test("a claim went in the middle of the mail that tells them", async () => {
    const { email } = await owned();
    const first = await register({ email });
    services.transport.answer(async () => {
      await remove(await confirmElsewhere(first));
      return { outcome: "accepted", providerMessageId: "late" };
    });
    await attemptDelivery(services, first.deliveryId);
    const next = await register({ email });
    await attemptDelivery(services, next.deliveryId);
    expect(mailsTo(email)).toBe(1);
  });

  test("a claim went whose mail was refused: that one had told nobody", async () => {
    const { email } = await owned();
    const first = await register({ email });
    services.transport.answer(refusal());
    await attemptDelivery(services, first.deliveryId);
    await remove(await confirmElsewhere(first));
    const next = await register({ email });
    await attemptDelivery(services, next.deliveryId);
    expect(mailsTo(email)).toBe(2);
    expect(services.transport.rehearsed).toEqual([]);
  });

  test("a claim went whose mail was withheld: the day of the one before goes on, and no longer", async () => {
    const { email } = await owned();
    const told = await register({ email });
    await attemptDelivery(services, told.deliveryId);
    services.pass(23 * 3600);
    const withheld = await register({ email });
    await attemptDelivery(services, withheld.deliveryId);
    await remove(await confirmElsewhere(withheld));
    services.pass(3600);
    const next = await register({ email });
    await attemptDelivery(services, next.deliveryId);
    expect(mailsTo(email)).toBe(2);
  });

  test("not after an operator has erased the owner, and somebody owns the address anew", async () => {
    const first = await owned();
    await attemptDelivery(services, (await register({ email: first.email })).deliveryId);
    await erasePerson(services, first.email);
    const again = await register({ email: first.email });
    await confirmEmail(services, again.user.id, await codeOf(services, again.deliveryId));
    await attemptDelivery(services, (await register({ email: first.email })).deliveryId);
    expect(mailsTo(first.email)).toBe(2);
  });
});

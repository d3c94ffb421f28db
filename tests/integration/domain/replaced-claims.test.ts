// What led to a confirmation of an address, the claims included that their person gave up for it, is given back, so that
// an address with an owner is limited like any other (promise P6; docs/decisions/008 and 009).
import { eq } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { users } from "@/db/schema";
import { changeAddress } from "@/domain/address-change";
import { confirmEmail, requestAnotherCode } from "@/domain/email-confirmation";
import { registerOnce } from "@/domain/register-once";
import { type Registration, registerUser } from "@/domain/registration";
import { purgeExpired } from "@/domain/retention";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
beforeEach(() => {
  services.settings.rateLimits = true;
});

let lastNetwork = 0;
const someNetwork = () => `10.7.${Math.floor(++lastNetwork / 250)}.${lastNetwork % 250}`;

/** Registers the same name on the same address anew, from the same browser, with another password. */
async function replace(
  claim: { session: Registration["session"] },
  person: ReturnType<typeof someone>,
  network: string,
) {
  const input = { ...person, password: `another password ${network} ${services.clock().getTime()}`, network };
  const next = await registerOnce(services, input, claim.session.identity);
  expect(next.user.id).not.toBe(claim.session.identity.userId);
  return next;
}

/** How many claims strangers get onto an address, from two networks and then from ten others, and further mails. */
async function countStrangers(email: string) {
  let [claims, mails] = [0, 0];
  let last: Registration | undefined;
  const [one, other] = [someNetwork(), someNetwork()];
  const networks = [
    one,
    one,
    one,
    one,
    other,
    other,
    other,
    other,
    ...Array.from({ length: 10 }, someNetwork),
  ];
  for (const network of networks) {
    const registered = await registerUser(services, { ...someone(), email, network }).catch(() => null);
    if (!registered) continue;
    claims++;
    last = registered;
  }
  for (let index = 0; index < 8 && last; index++) {
    services.pass(300);
    if (await requestAnotherCode(services, last.user.id).catch(() => null)) mails++;
  }
  return { claims, mails };
}

const isKept = async (id: string) => {
  const [row] = await services.db.select().from(users).where(eq(users.id, id));
  return row?.claimNetwork != null;
};

test("an address that is confirmed after its claim was replaced twice lets as many strangers on as one that nobody has", async () => {
  const person = someone();
  const networks = [someNetwork(), someNetwork()] as const;
  const first = await registerUser(services, { ...person, network: networks[0] });
  services.pass(60);
  await requestAnotherCode(services, first.user.id);
  const second = await replace(first, person, networks[1]);
  services.pass(60);
  await requestAnotherCode(services, second.user.id);
  const third = await replace(second, person, networks[0]);
  // An hourly clean-up in between takes nothing away that is needed.
  await purgeExpired(services);
  expect(await isKept(first.user.id)).toBe(true);
  await confirmEmail(services, third.user.id, await codeOf(services, third.deliveryId));
  expect(await countStrangers(person.email)).toEqual(await countStrangers(someone().email));
  // Nothing refers to the last of them any more, and where it came from is forgotten; a day later the others go.
  await purgeExpired(services);
  expect(await isKept(second.user.id)).toBe(false);
  services.pass(24 * 3600);
  await purgeExpired(services);
  expect(await isKept(first.user.id)).toBe(false);
});

test("an address that its claim left and came back to before it was confirmed does too", async () => {
  const person = someone();
  const { user } = await registerUser(services, { ...person, network: someNetwork() });
  await changeAddress(services, user.id, someone().email);
  services.pass(1);
  const back = await changeAddress(services, user.id, person.email);
  await confirmEmail(services, user.id, await codeOf(services, back.deliveryId));
  expect(await countStrangers(person.email)).toEqual(await countStrangers(someone().email));
});

test("what a replaced claim sent to another address goes on counting there", async () => {
  const person = someone();
  const { email: elsewhere } = someone();
  const network = someNetwork();
  const first = await registerUser(services, { ...person, network });
  await changeAddress(services, first.user.id, elsewhere);
  const second = await replace(first, person, network);
  await confirmEmail(services, second.user.id, await codeOf(services, second.deliveryId));
  // First, while it counts: asking for further mails takes most of an hour.
  const moved = await countStrangers(elsewhere);
  const untouched = await countStrangers(someone().email);
  expect(moved.claims).toBe(untouched.claims - 1);
});

test("a claim that is replaced and not confirmed goes on counting", async () => {
  const person = someone();
  const network = someNetwork();
  await replace(await registerUser(services, { ...person, network }), person, network);
  const untouched = await countStrangers(someone().email);
  expect((await countStrangers(person.email)).claims).toBe(untouched.claims - 2);
});

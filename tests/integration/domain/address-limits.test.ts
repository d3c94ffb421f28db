// The limits of one address with real SQL: registrations and resends.
import { describe, expect, test } from "vitest";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import type { DomainError } from "@/domain/errors";
import { registerUser } from "@/domain/registration";
import { codeOf } from "@/tests/support/codes";
import { inParallel, refusalOf, somebody, someNetwork, useLimits } from "@/tests/support/limits";
import { someone } from "@/tests/support/services";

const services = useLimits();

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

import { beforeEach, describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { createCircuitBreaker } from "@/domain/circuit-breaker";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import type { SendResult } from "@/emails/transport";
import { createScriptedTransport, refusal, type ScriptedTransport, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
let second: ScriptedTransport;
beforeEach(() => {
  second = createScriptedTransport("second");
  services.failover = {
    transport: second,
    breaker: createCircuitBreaker({ failuresToOpen: 5, openMs: 30_000 }, () => {}),
  };
});

const queue = async () => (await registerUser(services, someone())).deliveryId;
const outage = refusal({ code: "connection_refused" });
const refused = refusal({ class: "ours", code: "credentials_refused" });

async function ledger(deliveryId: string) {
  return (await listAttempts(services.db, deliveryId)).map((row) => [row.provider, row.outcome]);
}

describe("with EMAIL_FAILOVER", () => {
  test("a refusal of the provider moves the mail on at once, with the same bytes", async () => {
    const id = await queue();
    services.transport.answer(refused);
    expect(await attemptDelivery(services, id)).toEqual({ outcome: "sent", attempt: 2 });
    expect(await ledger(id)).toEqual([
      ["scripted", "failed"],
      ["second", "accepted"],
    ]);
    expect(second.handed[0]).toEqual(services.transport.handed[0]);
    expect(await findDelivery(services.db, id)).toMatchObject({ status: "sent", reasonCode: null });
  });

  test("two refusals in a row wait for the schedule, then go on in turn", async () => {
    const id = await queue();
    services.transport.answer(refused);
    second.answer(refused);
    const result = await attemptDelivery(services, id);
    expect(result).toMatchObject({ outcome: "retry", attempt: 2 });
    expect((result as { at: Date }).at.getTime() - services.clock().getTime()).toBe(120_000);
    services.pass(120);
    expect(await attemptDelivery(services, id)).toEqual({ outcome: "sent", attempt: 3 });
    expect((await ledger(id)).map(([provider]) => provider)).toEqual(["scripted", "second", "scripted"]);
  });

  test("a mail that one provider refuses for good may be taken by the other; refused by both it has failed", async () => {
    const noMail = refusal({ class: "permanent", code: "request_refused" });
    const [lucky, unlucky] = [await queue(), await queue()];
    services.transport.answer(noMail, noMail);
    expect(await attemptDelivery(services, lucky)).toMatchObject({ outcome: "sent" });
    second.answer(noMail);
    expect(await attemptDelivery(services, unlucky)).toEqual({
      outcome: "failed",
      attempt: 2,
      code: "request_refused",
    });
  });

  test("an address that is refused is not tried elsewhere", async () => {
    const id = await queue();
    services.transport.answer(refusal({ class: "permanent", code: "mailbox_unavailable" }));
    expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "failed", attempt: 1 });
    expect(second.handed).toEqual([]);
  });

  test("the second outage in a row moves the mail on", async () => {
    const id = await queue();
    services.transport.answer(outage, outage);
    await attemptDelivery(services, id);
    services.pass(60);
    await attemptDelivery(services, id);
    expect(second.handed).toEqual([]);
    services.pass(120);
    expect(await attemptDelivery(services, id)).toEqual({ outcome: "sent", attempt: 3 });
    expect((await ledger(id)).map(([provider]) => provider)).toEqual(["scripted", "scripted", "second"]);
  });

  test("five outages in a row send the next mails straight to the other, until one of them finds the first one well", async () => {
    services.transport.answer(...Array.from({ length: 6 }, () => outage));
    for (const _ of [1, 2, 3, 4, 5]) await attemptDelivery(services, await queue());
    const straight = await queue();
    expect(await attemptDelivery(services, straight)).toEqual({ outcome: "sent", attempt: 1 });
    expect(await ledger(straight)).toEqual([["second", "accepted"]]);
    // The probe finds it away still; the one after that finds it well.
    services.pass(31);
    expect(await attemptDelivery(services, await queue())).toMatchObject({ outcome: "retry" });
    expect(await ledger(await queueAndSend())).toEqual([["second", "accepted"]]);
    services.pass(31);
    for (const _ of [1, 2]) expect(await ledger(await queueAndSend())).toEqual([["scripted", "accepted"]]);
  });

  test("a mail whose reply was lost stays with its provider, whatever that one says afterwards (P3)", async () => {
    const id = await queue();
    const lost: SendResult = refusal({ class: "ambiguous", code: "reply_lost" });
    services.transport.answer(lost, outage, outage, refused, lost);
    for (const _ of [1, 2, 3, 4, 5]) {
      expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "retry" });
      services.pass(900);
    }
    expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "sent", attempt: 6 });
    expect(second.handed).toEqual([]);
  });
});

async function queueAndSend(): Promise<string> {
  const id = await queue();
  expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "sent" });
  return id;
}

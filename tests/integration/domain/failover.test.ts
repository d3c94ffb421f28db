import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { deliveries } from "@/db/schema";
import { createCircuitBreaker } from "@/domain/circuit-breaker";
import { requestAnotherCode } from "@/domain/email-confirmation";
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

  test.each(["reply_timed_out", "gateway_error", "reply_lost"])(
    "five mails that end with %s send the next ones straight to the other, and stay where they are themselves (P3)",
    async (code) => {
      const silence = refusal({ class: "ambiguous", code });
      const bound = await Promise.all([1, 2, 3, 4, 5].map(queue));
      services.transport.answer(...bound.map(() => silence));
      for (const id of bound) expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "retry" });
      // Also that of somebody who asks for another mail.
      const owner = await findDelivery(services.db, bound[0] ?? "");
      services.pass(20);
      expect(await ledger(await queueAndSend())).toEqual([["second", "accepted"]]);
      await services.db.update(deliveries).set({ createdAt: sql`created_at - interval '61 seconds'` });
      const { deliveryId } = await requestAnotherCode(services, owner?.userId ?? "");
      expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "sent", attempt: 1 });
      expect(await ledger(deliveryId)).toEqual([["second", "accepted"]]);
      // The others come back to the provider that may have them; it has recovered, which everybody learns.
      services.pass(40);
      const [, back = ""] = bound;
      expect(await attemptDelivery(services, back)).toEqual({ outcome: "sent", attempt: 2 });
      expect(await ledger(back)).toEqual([
        ["scripted", "failed"],
        ["scripted", "accepted"],
      ]);
      expect(await ledger(await queueAndSend())).toEqual([["scripted", "accepted"]]);
    },
  );

  test("whoever asks for another mail after one that timed out gets it from the other, though nobody else has failed", async () => {
    const id = await queue();
    services.transport.answer(refusal({ class: "ambiguous", code: "reply_timed_out" }));
    await attemptDelivery(services, id);
    const owner = await findDelivery(services.db, id);
    services.pass(61);
    const { deliveryId } = await requestAnotherCode(services, owner?.userId ?? "");
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "sent", attempt: 1 });
    expect(await ledger(deliveryId)).toEqual([["second", "accepted"]]);
    // It is nobody else's.
    expect(await ledger(await queueAndSend())).toEqual([["scripted", "accepted"]]);
    // And of no mail that is much later.
    services.pass(3600);
    const later = await requestAnotherCode(services, owner?.userId ?? "");
    await attemptDelivery(services, later.deliveryId);
    expect(await ledger(later.deliveryId)).toEqual([["scripted", "accepted"]]);
  });

  test("a retry that times out does not close the breaker that others have opened", async () => {
    const silence = refusal({ class: "ambiguous", code: "reply_timed_out" });
    const id = await queue();
    services.transport.answer(silence, ...Array.from({ length: 5 }, () => outage), silence);
    await attemptDelivery(services, id);
    for (const _ of [1, 2, 3, 4, 5]) await attemptDelivery(services, await queue());
    services.pass(60);
    expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "retry", attempt: 2 });
    expect(await ledger(await queueAndSend())).toEqual([["second", "accepted"]]);
  });

  test("what says nothing of the provider neither opens nor closes, and leaves the probe to the next mail", async () => {
    const badAddress = refusal({ class: "permanent", code: "mailbox_unavailable" });
    const answers = [outage, badAddress, outage, badAddress, outage, badAddress, outage, badAddress, outage];
    services.transport.answer(...answers);
    for (const _ of answers) await attemptDelivery(services, await queue());
    expect(await ledger(await queueAndSend())).toEqual([["second", "accepted"]]);
    services.transport.answer(badAddress);
    services.pass(31);
    const unlucky = await queue();
    expect(await attemptDelivery(services, unlucky)).toMatchObject({ outcome: "failed" });
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

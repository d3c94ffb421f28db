// A mail server that takes its time: what happens to a mail between the question before its conversation and its content.
import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { deliveries } from "@/db/schema";
import { confirmEmail, requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import { createSmtpTransport } from "@/emails/transports/smtp";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { startSmtp } from "../emails/scripted-servers";

const services = useTestServices(useTestDatabase());

/** Hands a mail to a server that answers MAIL FROM only after `change`. */
async function sendSlowly(deliveryId: string, change: () => Promise<unknown>) {
  let goOn = () => {};
  const waited = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const server = await startSmtp({ MAIL: { after: waited, reply: "250 2.1.0 Ok" } });
  const slow = { ...services, db: services.db, transport: createSmtpTransport({ url: server.url }) };
  const attempt = attemptDelivery(slow, deliveryId);
  await expect.poll(() => server.commands.some((line) => line.startsWith("MAIL"))).toBe(true);
  await change();
  goOn();
  return { result: await attempt, server };
}

/** Somebody who has the first mail and asked for another one, which is not sent yet. */
async function askedAgain() {
  const { deliveryId: first, user } = await registerUser(services, someone());
  await attemptDelivery(services, first);
  services.pass(61);
  const { deliveryId } = await requestAnotherCode(services, user.id);
  return { first, deliveryId, userId: user.id };
}

test("no mail arrives after its reader has confirmed, however slow the server is", async () => {
  const { first, deliveryId, userId } = await askedAgain();
  const { result, server } = await sendSlowly(deliveryId, async () =>
    confirmEmail(services, userId, await codeOf(services, first)),
  );
  expect(result).toEqual({ outcome: "settled", status: "cancelled" });
  expect(server.contents).toEqual([]);
  expect(await listAttempts(services.db, deliveryId)).toMatchObject([
    { outcome: "withheld", errorCode: "confirmed" },
  ]);
});

test("nor does one in whose place another one was asked for", async () => {
  const { deliveryId, userId } = await askedAgain();
  const { server } = await sendSlowly(deliveryId, async () => {
    services.pass(600);
    await requestAnotherCode(services, userId);
  });
  expect(server.contents).toEqual([]);
  expect(await listAttempts(services.db, deliveryId)).toMatchObject([
    { outcome: "withheld", errorCode: "superseded" },
  ]);
});

test("nor one that another worker has taken over", async () => {
  const { deliveryId } = await askedAgain();
  const { result, server } = await sendSlowly(deliveryId, () =>
    services.db.update(deliveries).set({ leaseToken: randomUUID() }).where(eq(deliveries.id, deliveryId)),
  );
  expect(result).toMatchObject({ outcome: "busy" });
  expect(server.contents).toEqual([]);
});

test("a mail that is still wanted when the slow server is ready goes out, under a lease for all that follows", async () => {
  const { deliveryId } = await askedAgain();
  const isShort = () =>
    services.db.update(deliveries).set({ leaseUntil: new Date() }).where(eq(deliveries.id, deliveryId));
  const { result, server } = await sendSlowly(deliveryId, isShort);
  expect(result).toMatchObject({ outcome: "sent" });
  expect(server.contents).toHaveLength(1);
  expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "sent" });
});

test("where nobody can say whether it is still wanted, it is not sent, and the attempt is taken over later", async () => {
  const { deliveryId } = await askedAgain();
  const { db } = services;
  let isAway = false;
  const broken = Object.assign(Object.create(db), {
    update: (table: typeof deliveries) => {
      if (isAway) throw new Error("the database is away");
      return db.update(table);
    },
  });
  const server = await startSmtp();
  const transport = createSmtpTransport({ url: server.url });
  const asking = { ...transport, send: transport.send };
  asking.send = (email, timeoutMs, mayStillSend = async () => true) => {
    isAway = true;
    return transport.send(email, timeoutMs, mayStillSend);
  };
  await expect(attemptDelivery({ ...services, db: broken, transport: asking }, deliveryId)).rejects.toThrow(
    "Nobody knows whether a mail is still wanted",
  );
  expect(server.contents).toEqual([]);
  expect(await listAttempts(db, deliveryId)).toMatchObject([{ outcome: null }]);
});

// Promise P3 under the worst manners: several workers at one delivery, and a provider whose replies get lost. What is
// counted is what the workers hand over: the provider drops what it gets twice, and would hide a lease that holds nobody.
import { afterAll, beforeAll, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import type { Transport } from "@/emails/transport";
import { createResendTransport } from "@/emails/transports/resend";
import { createTestDatabase } from "@/tests/support/database";
import { createTestServices, someone, type TestServices } from "@/tests/support/services";
import { type MailProcess, startMailProcess } from "../mail/support/mail-process";

const WORKERS = 4;
const DELIVERIES = 24;
/** For a machine with much else to do. */
const TIMEOUT_MS = 180_000;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let mail: MailProcess;
let workers: TestServices[];

/** What is in the hands of the workers: at the moment, at most, and in all. */
const handed = { now: 0, most: 0, total: 0 };

const counting = (transport: Transport): Transport => ({
  ...transport,
  async send(...mail) {
    handed.total += 1;
    handed.most = Math.max(handed.most, ++handed.now);
    return transport.send(...mail).finally(() => handed.now--);
  },
});

beforeAll(async () => {
  [database, mail] = await Promise.all([
    createTestDatabase(),
    startMailProcess({ env: { RESEND_API_KEY: "re_test" } }),
  ]);
  workers = Array.from({ length: WORKERS }, () => {
    const services = createTestServices(database.url);
    const transport = counting(createResendTransport({ apiKey: "re_test", baseUrl: mail.url }));
    return Object.assign(services, { transport });
  });
});
afterAll(async () => {
  for (const worker of workers) await worker.close();
  await Promise.all([database.drop(), mail.stop()]);
});

async function workUntilSettled(services: TestServices, deliveryId: string): Promise<void> {
  for (let toldDueAt: Date | null = null; ; ) {
    const result = await attemptDelivery(services, deliveryId, { toldDueAt });
    if (result.outcome === "sent" || result.outcome === "settled" || result.outcome === "failed") return;
    toldDueAt = result.outcome === "paced" ? result.dueAt : null;
  }
}

const manners = `${WORKERS} workers at one delivery, 30 % of the replies lost`;
test(`${manners}: one hand-over at a time, one mail, one accepted attempt at most`, {
  timeout: TIMEOUT_MS,
}, async () => {
  await mail.setFaults({ faults: [{ kind: "lost_reply", percent: 30 }], seed: "race" });
  const [first] = workers;
  if (!first) throw new Error("no workers");
  let lostReplies = 0;
  let sent = 0;
  for (let i = 0; i < DELIVERIES; i++) {
    const person = someone();
    const { deliveryId } = await registerUser(first, person);
    Object.assign(handed, { most: 0, total: 0 });
    await Promise.all(workers.map((worker) => workUntilSettled(worker, deliveryId)));
    expect(await mail.mailsTo(person.email)).toHaveLength(1);
    const delivery = await findDelivery(first.db, deliveryId);
    const attempts = await listAttempts(first.db, deliveryId);
    const lost = attempts.filter((row) => row.errorClass === "ambiguous").length;
    // One delivery in 1,400 loses all of its six replies, and nobody but the provider knows that the mail is out.
    if (lost === 6) expect(delivery?.status).toBe("failed");
    else {
      expect(delivery?.status).toBe("sent");
      expect(attempts.filter((row) => row.outcome === "accepted")).toHaveLength(1);
      sent += 1;
    }
    // Each reply that was lost makes one more, and nothing else does.
    expect(handed).toEqual({ now: 0, most: 1, total: attempts.length });
    expect(attempts.filter((row) => row.outcome === "deduplicated" || row.outcome === "lost")).toEqual([]);
    lostReplies += lost;
  }
  // With a share of 30 % some were lost, or nothing was shown. On a kept connection the transport asks again by itself.
  expect(lostReplies).toBeGreaterThan(0);
  expect(sent).toBeGreaterThan(DELIVERIES / 2);
});

// Webhooks as Resend sends them: checked with its own SDK by a receiver that can refuse.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Resend, type WebhookEventPayload } from "resend";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type MailProcess, someone, startMailProcess, until } from "./support/mail-process";

const SECRET = `whsec_${Buffer.from("a secret for tests, 32 bytes ok!").toString("base64")}`;
type Received = { id: string; event: WebhookEventPayload; answered: number };

const received: Received[] = [];
/** Answers for the next requests, then 200. `hang`: none. */
let script: (number | "hang")[] = [];
let receiver: Server;
let server: MailProcess;
let resend: Resend;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let payload = "";
    request.on("data", (chunk) => {
      payload += chunk;
    });
    request.on("end", () => {
      const header = (name: string) => String(request.headers[`svix-${name}`]);
      const headers = { id: header("id"), timestamp: header("timestamp"), signature: header("signature") };
      // Throws, and so crashes the test, when the signature is not that of this body.
      const event = resend.webhooks.verify({ payload, headers, webhookSecret: SECRET });
      const answer = script.shift() ?? 200;
      if (answer === "hang") return;
      received.push({ id: headers.id, event, answered: answer });
      response.writeHead(answer).end("thanks");
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  server = await startAgain();
  resend = new Resend("re_x", { baseUrl: server.url });
});
afterAll(async () => {
  await server.stop();
  receiver.closeAllConnections();
  receiver.close();
});
beforeEach(() => {
  received.length = 0;
  script = [];
});

const startAgain = (dataDir?: string) =>
  startMailProcess({
    ...(dataDir ? { dataDir } : {}),
    args: [
      "--webhook-url",
      `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/api/webhooks/resend`,
    ],
    env: { RESEND_WEBHOOK_SECRET: SECRET },
  });

const send = (to: string) =>
  new Resend("re_x", { baseUrl: server.url }).emails.send({
    from: "Latchkey <hello@latchkey.example>",
    to,
    subject: "123456 is your code",
    text: "123456",
    headers: { "Message-ID": `<${to.replace("@", ".")}@latchkey.example>` },
    tags: [{ name: "delivery", value: "delivery_7" }],
  });

const about = (id: string | undefined) =>
  received.filter(({ event }) => "email_id" in event.data && event.data.email_id === id);

const types = (id: string | undefined) => about(id).map(({ event }) => event.type);

test("tell in order, signed, with everything that names the mail", async () => {
  const to = someone();
  const { data } = await send(to);
  await until("both events", async () => types(data?.id).length === 2);
  const [sent, delivered] = about(data?.id);
  expect([sent?.event.type, delivered?.event.type]).toEqual(["email.sent", "email.delivered"]);
  expect(sent?.id).toMatch(/^msg_\w{27}$/);
  expect(sent?.id).not.toBe(delivered?.id);
  expect(delivered?.event).toEqual({
    type: "email.delivered",
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    data: {
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      email_id: data?.id,
      message_id: `<${to.replace("@", ".")}@latchkey.example>`,
      from: "Latchkey <hello@latchkey.example>",
      to: [to],
      subject: "123456 is your code",
      tags: { delivery: "delivery_7" },
    },
  });
});

test.each([
  ["bounce", ["email.sent", "email.bounced"], { bounce: { type: "Permanent", subType: "General" } }],
  ["softbounce", ["email.sent", "email.bounced"], { bounce: { type: "Transient", subType: "MailboxFull" } }],
  ["delay", ["email.sent", "email.delivery_delayed", "email.delivered"], {}],
  ["complain", ["email.sent", "email.delivered", "email.complained"], {}],
  ["suppress", ["email.suppressed"], { suppressed: { type: "OnAccountSuppressionList" } }],
  ["undelivered", ["email.failed"], { failed: { reason: "provider_error" } }],
])("of +%s are %j", async (tag, expected, detail) => {
  const { data } = await send(someone(tag));
  await until("all events", async () => types(data?.id).length === expected.length);
  expect(types(data?.id)).toEqual(expected);
  expect(about(data?.id).at(-1)?.event.data).toMatchObject(detail);
});

test("are tried again when they are refused, under the same id, and nothing waits for them", async () => {
  script = [500, 302];
  const { data } = await send(someone());
  await until("the third try", async () => about(data?.id).some(({ answered }) => answered === 200), 15_000);
  await until("everything", async () => new Set(types(data?.id)).size === 2, 15_000);
  const ids = new Map<string, Set<string>>();
  for (const { id, event } of about(data?.id))
    ids.set(event.type, (ids.get(event.type) ?? new Set()).add(id));
  expect([...ids.values()].map((set) => set.size)).toEqual([1, 1]);
  await until("the tries on record", async () => {
    const { events } = await server.mail(data?.id ?? "");
    return (
      events.every(({ webhook }) => webhook === "delivered") &&
      events.some((event) => event.webhook_tries > 1)
    );
  });
});

test("do not hold up sending while the application is silent", async () => {
  script = Array(16).fill("hang");
  const started = performance.now();
  for (let index = 0; index < 20; index += 1) expect((await send(someone())).error).toBeNull();
  // Each hanging webhook is given 15 s; twenty mails are taken long before the first of them ends.
  expect(performance.now() - started).toBeLessThan(12_000);
  script = [];
  receiver.closeAllConnections();
});

test("that a kill -9 interrupted are sent after the next start, once more at most", async () => {
  script = Array(1000).fill(503);
  const { data } = await send(someone("delay"));
  await until("the first try", async () => types(data?.id).length > 0);
  await server.kill();
  script = [];
  received.length = 0;
  server = await startAgain(server.dataDir);
  const wanted = ["email.sent", "email.delivery_delayed", "email.delivered"];
  await until("the whole story", async () => wanted.every((type) => types(data?.id).includes(type as never)));
  expect((await server.mail(data?.id ?? "")).events.map(({ type }) => type)).toEqual([
    "sent",
    "delivery_delayed",
    "delivered",
  ]);
});

test("may be declared by hand, and replayed under the same id", async () => {
  const { data } = await send(someone());
  await until("delivered", async () => types(data?.id).length === 2);
  const ask = (path: string, body: object) =>
    fetch(`${server.url}/_/mails/${data?.id}${path}`, { method: "POST", body: JSON.stringify(body) });
  expect((await ask("/events", { type: "bounced" })).status).toBe(201);
  await until("the bounce", async () => types(data?.id).length === 3);
  expect((await ask("/events/2/replay", {})).status).toBe(202);
  await until("the replay", async () => types(data?.id).length === 4);
  const [bounce, replay] = about(data?.id).slice(-2);
  expect(replay).toEqual(bounce);
  expect((await ask("/events/9/replay", {})).status).toBe(404);
  expect((await ask("/events", { type: "eaten" })).status).toBe(422);
});

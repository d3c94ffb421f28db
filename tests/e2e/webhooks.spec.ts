// Resend's webhooks at the door: only what Resend signed, only when it is fresh, and each event once.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "@playwright/test";
import { Webhook } from "standardwebhooks";
import { callApi, newPerson, type Registered, register } from "../support/people";

const ROOT = path.resolve(import.meta.dirname, "../..");

function readSecret(): string {
  const folder = process.env.LATCHKEY_DIR || ".latchkey/e2e";
  const secrets = JSON.parse(readFileSync(path.resolve(ROOT, folder, "secrets.json"), "utf8"));
  return String(secrets.resendWebhookSecret);
}

const eventOf = (type: string, { delivery }: Registered) =>
  JSON.stringify({
    type,
    created_at: new Date().toISOString(),
    data: { email_id: randomUUID(), tags: { delivery: `delivery_${delivery.id}` } },
  });

type Sent = { id?: string; at?: Date; secret?: string; signed?: string };

/** The event as Resend would send it; what is given is different. */
function send(body: string, { id = `msg_${randomUUID()}`, at = new Date(), secret, signed }: Sent = {}) {
  return callApi("/api/webhooks/resend", {
    body,
    headers: {
      "svix-id": id,
      "svix-timestamp": String(Math.floor(at.getTime() / 1000)),
      "svix-signature": new Webhook(secret ?? readSecret()).sign(id, at, signed ?? body),
    },
  });
}

const stateOf = async ({ access_token: token }: Registered): Promise<string> => {
  const answer = (await (await callApi("/api/v1/usr/confirmation", { token })).json()) as {
    delivery: { status: string };
  };
  return answer.delivery.status;
};

/** A mail of which the stand-in has told everything that it tells by itself. */
async function delivered(): Promise<Registered> {
  const registered = await register(newPerson());
  await expect.poll(() => stateOf(registered)).toBe("delivered");
  return registered;
}

const MINUTES = 60_000;

test("what is not signed, signed by somebody else, changed on the way, or not fresh is refused and changes nothing", async () => {
  const registered = await delivered();
  const body = eventOf("email.complained", registered);
  const foreign = `whsec_${Buffer.from("a secret of somebody else's making").toString("base64")}`;
  const answers = await Promise.all([
    callApi("/api/webhooks/resend", { body }),
    send(body, { secret: foreign }),
    send(body, { signed: eventOf("email.delivered", registered) }),
    send(body, { at: new Date(Date.now() - 6 * MINUTES) }),
    send(body, { at: new Date(Date.now() + 6 * MINUTES) }),
  ]);
  expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401, 401, 401]);
  expect(await answers[0]?.json()).toMatchObject({ code: "invalid_signature" });
  expect(await stateOf(registered)).toBe("delivered");
});

test("an event may be 256 KB long; a longer one is refused before anybody asks who signed it", async () => {
  const registered = await delivered();
  const event = JSON.parse(eventOf("email.delivered", registered));
  const ofLength = (length: number) => {
    const shorter = JSON.stringify({ ...event, note: "" }).length;
    return JSON.stringify({ ...event, note: "x".repeat(length - shorter) });
  };
  expect((await send(ofLength(256 * 1024))).status).toBe(204);
  const refused = await send(ofLength(256 * 1024 + 1));
  expect([refused.status, (await refused.json()).code]).toEqual([413, "body_too_large"]);
});

test("an event is taken once: the same id again is answered well and changes nothing, whatever it says", async () => {
  const registered = await delivered();
  const id = `msg_${randomUUID()}`;
  expect((await send(eventOf("email.delivered", registered), { id })).status).toBe(204);
  expect((await send(eventOf("email.complained", registered), { id })).status).toBe(204);
  expect(await stateOf(registered)).toBe("delivered");
  const complained = eventOf("email.complained", registered);
  const twice = await Promise.all([send(complained, { id: `${id}x` }), send(complained, { id: `${id}x` })]);
  expect(twice.map((answer) => answer.status)).toEqual([204, 204]);
  expect(await stateOf(registered)).toBe("complained");
});

test("an event of a mail that is gone, or of a kind that we do not know, is taken, and what is no event is not", async () => {
  const registered = await delivered();
  const gone = { ...registered, delivery: { ...registered.delivery, id: randomUUID() } };
  expect((await send(eventOf("email.bounced", gone))).status).toBe(204);
  for (const type of ["contact.created", "constructor", "__proto__"])
    expect((await send(eventOf(type, registered))).status, type).toBe(204);
  expect(await stateOf(registered)).toBe("delivered");
  expect((await send("no json")).status).toBe(400);
});

test("why a mail came back for now is told as the provider says it, and an unknown why as the general one", async () => {
  for (const [bounce, code] of [
    [{ type: "Transient", subType: "MailboxFull" }, "mailbox_full_for_now"],
    [{ type: "Transient", subType: "ContentRejected" }, "mail_refused"],
    [{ type: "Transient", subType: "General" }, "mailbox_busy"],
    [{ type: "Transient" }, "mailbox_busy"],
    [{ type: "Transient", subType: "toString" }, "mailbox_busy"],
    [{ type: "Undetermined", subType: "Undetermined" }, "bounced"],
    [{ type: "Permanent", subType: "MailboxFull" }, "bounced"],
  ] as const) {
    const registered = await delivered();
    const event = JSON.parse(eventOf("email.bounced", registered));
    const body = JSON.stringify({ ...event, data: { ...event.data, bounce } });
    expect((await send(body)).status).toBe(204);
    const state = await callApi("/api/v1/usr/confirmation", { token: registered.access_token });
    expect(await state.json(), JSON.stringify(bounce)).toMatchObject({
      delivery: { status: "bounced", reason: { code } },
    });
  }
});

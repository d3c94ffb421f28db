// The inbox as JSON, for tests and tools: /_/mails, /_/mails/wait, /_/faults.
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Aftermath } from "../aftermath.ts";
import { limitBody } from "../body.ts";
import type { DialStore } from "../dial.ts";
import { CALM, Dial, describeDial, FAULT_KINDS } from "../faults.ts";
import type { Mail } from "../mail.ts";
import { recipientsOf } from "../mail.ts";
import { MAILS_MAX, type Store } from "../store.ts";
import { streamChanges } from "./stream.ts";

const LIMIT_DEFAULT = 100;
const WAIT_MS_DEFAULT = 10_000;
const WAIT_MS_MAX = 120_000;

/** Thrown for what the caller got wrong; answered as `{ error }`. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
  constructor(
    message: string,
    readonly status: 400 | 404 | 422 = 422,
  ) {
    super(message);
  }
}

export function inboxApi(parts: { store: Store; dial: DialStore; aftermath: Aftermath }): Hono {
  const { store, dial, aftermath } = parts;
  const app = new Hono();
  app.use(limitBody(64 * 1024, (c) => c.json({ error: "The body is larger than 64 KiB." }, 413)));

  app.get("/mails", (c) => {
    const limit = readInteger(c, "limit", LIMIT_DEFAULT, MAILS_MAX);
    const since = readDate(c, "since");
    const mails = store.list({ to: c.req.query("to"), search: c.req.query("search"), since, limit });
    return c.json({ mails: mails.map(summaryOf), total: store.size });
  });

  app.get("/mails/wait", async (c) => {
    const to = c.req.query("to");
    const timeoutMs = readInteger(c, "timeout_ms", WAIT_MS_DEFAULT, WAIT_MS_MAX);
    const after = readAfter(c, store);
    const mail = await waitForMail(store, { to, after }, timeoutMs, c.req.raw.signal);
    if (mail) return c.json(detailOf(mail));
    return c.json({ error: `No mail${to ? ` to ${to}` : ""} came within ${timeoutMs} ms.` }, 404);
  });

  app.get("/mails/:id", (c) => c.json(detailOf(findMail(store, c.req.param("id")))));

  app.delete("/mails", async (c) => {
    const deleted = store.size;
    await store.clear();
    return c.json({ deleted });
  });

  app.post("/mails/:id/events", async (c) => {
    const mail = findMail(store, c.req.param("id"));
    const { type, soft } = parse(NewEvent, await readJson(c));
    await aftermath.add(mail, type, soft);
    return c.json(detailOf(mail), 201);
  });

  app.post("/mails/:id/events/:index/replay", (c) => {
    const mail = findMail(store, c.req.param("id"));
    if (!aftermath.replay(mail, Number(c.req.param("index")))) {
      throw new BadRequest("This mail has no such event, or no webhook address is set.", 404);
    }
    return c.json(detailOf(mail), 202);
  });

  app.get("/faults", (c) => c.json(dialAnswer(dial)));
  app.put("/faults", async (c) => {
    await dial.set(readDial(await readJson(c)));
    return c.json(dialAnswer(dial));
  });
  app.delete("/faults", async (c) => {
    await dial.set(CALM);
    return c.json(dialAnswer(dial));
  });

  app.get("/events", (c) => streamChanges(c, store));
  app.notFound((c) => c.json({ error: `There is no ${c.req.method} ${c.req.path}.` }, 404));
  app.onError((error, c) => {
    if (error instanceof BadRequest) return c.json({ error: error.message }, error.status);
    throw error;
  });
  return app;
}

const NewEvent = z.strictObject({
  type: z.enum(["delivered", "delivery_delayed", "bounced", "complained", "suppressed", "failed"]),
  soft: z.boolean().default(false),
});

const ShortDial = z.looseObject({ kind: z.union([z.enum(FAULT_KINDS), z.literal("none")]) });

/** The whole dial, or the short form `{ kind, percent?, … }` for a single fault; `{ kind: "none" }` turns all off. */
function readDial(body: unknown): Dial {
  const short = ShortDial.safeParse(body).data;
  if (!short) return parse(Dial, body);
  const { seed, draw, limit_per_second, ...fault } = short;
  return parse(Dial, { seed, draw, limit_per_second, faults: fault.kind === "none" ? [] : [fault] });
}

function dialAnswer(dial: DialStore) {
  return { ...dial.current, summary: describeDial(dial.current), injected: dial.injected };
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join(".")}: ${message}` : message,
  );
  throw new BadRequest(issues.join("; "));
}

async function readJson(c: Context): Promise<unknown> {
  try {
    return JSON.parse(await c.req.text());
  } catch {
    throw new BadRequest("The body is not valid JSON.", 400);
  }
}

function findMail(store: Store, id: string): Mail {
  const mail = store.get(id);
  if (!mail) throw new BadRequest(`There is no mail ${id}.`, 404);
  return mail;
}

/**
 * Without `after`: the newest mail there is, or the next to come. With it: the first mail after that moment.
 * Null when none came in time, or nobody waits any longer.
 */
function waitForMail(
  store: Store,
  { to, after }: { to: string | undefined; after: Date | undefined },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Mail | null> {
  const found = store.list({ to, since: after, limit: after ? MAILS_MAX : 1 }).at(-1);
  if (found) return Promise.resolve(found);
  return new Promise((resolve) => {
    const finish = (mail: Mail | null) => {
      unsubscribe();
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      resolve(mail);
    };
    const giveUp = () => finish(null);
    const unsubscribe = store.subscribe((change) => {
      if (change.kind !== "mail") return;
      const isTheirs = to === undefined || recipientsOf(change.mail).includes(to.trim().toLowerCase());
      const isLater = after === undefined || Date.parse(change.mail.receivedAt) > after.getTime();
      if (isTheirs && isLater) finish(change.mail);
    });
    const timer = setTimeout(giveUp, timeoutMs);
    signal.addEventListener("abort", giveUp);
  });
}

/** `after`: a date, or the id of a mail. */
function readAfter(c: Context, store: Store): Date | undefined {
  const value = c.req.query("after");
  const mail = value === undefined ? null : store.get(value);
  return mail ? new Date(mail.receivedAt) : readDate(c, "after");
}

function readDate(c: Context, name: string): Date | undefined {
  const value = c.req.query(name);
  if (value === undefined || value === "") return undefined;
  const date = new Date(/^\d+$/.test(value) ? Number(value) : value);
  if (Number.isNaN(date.getTime()))
    throw new BadRequest(`${name} is not a date (ISO 8601, or milliseconds since 1970).`);
  return date;
}

function readInteger(c: Context, name: string, fallback: number, max: number): number {
  const value = Number(c.req.query(name) || fallback);
  if (!Number.isInteger(value) || value < 1)
    throw new BadRequest(`${name} must be a whole number from 1 to ${max}.`);
  return Math.min(value, max);
}

function summaryOf(mail: Mail) {
  return {
    id: mail.id,
    from: mail.from,
    to: mail.to,
    cc: mail.cc,
    bcc: mail.bcc,
    subject: mail.subject,
    received_at: mail.receivedAt,
    via: mail.via,
    idempotency_key: mail.idempotencyKey,
    message_id: mail.messageId,
    state: mail.state,
    tries: mail.tries,
    duplicate_of: mail.duplicateOf,
  };
}

function detailOf(mail: Mail) {
  return {
    ...summaryOf(mail),
    reply_to: mail.replyTo,
    html: mail.html,
    text: mail.text,
    headers: mail.headers,
    tags: mail.tags,
    attachments: mail.attachments.map(({ filename, contentType, sizeBytes }) => ({
      filename,
      content_type: contentType,
      size_bytes: sizeBytes,
    })),
    raw: mail.raw,
    events: mail.events.map(({ type, at, webhook, webhookTries }) => ({
      type,
      at,
      webhook,
      webhook_tries: webhookTries,
    })),
  };
}

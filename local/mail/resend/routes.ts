// Resend's HTTP API, as far as sending goes: POST /emails, POST /emails/batch, GET /emails, GET /emails/:id.
import { createHash, timingSafeEqual } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { limitBody } from "../body.ts";
import type { Intake } from "../intake.ts";
import type { IncomingMail, Mail } from "../mail.ts";
import type { Store } from "../store.ts";
import { invalid, ResendError } from "./errors.ts";
import { readPayload } from "./payload.ts";
import { hashRequest, sendMails } from "./send.ts";

/** Resend takes 40 MB per email, attachments in base64 included. */
const BODY_BYTES_MAX = 40 * 1024 * 1024;
const BATCH_MAX = 100;
const KEY_CHARS_MAX = 256;

type Env = { Bindings: HttpBindings };

/** `apiKey` null: any key that is not empty is good. */
export function resendRoutes(parts: { intake: Intake; store: Store; apiKey: string | null }): Hono<Env> {
  const { intake, store } = parts;
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    checkKey(c.req.header("authorization"), parts.apiKey);
    await next();
  });
  app.use(
    limitBody(BODY_BYTES_MAX, () =>
      new ResendError(
        413,
        "validation_error",
        "The request is larger than 40 MB, attachments included.",
        // The rest of the body stays unread, so this connection is good for nothing more.
        { connection: "close" },
      ).toResponse(),
    ),
  );

  app.post("/", async (c) => {
    const key = readKey(c);
    const body = await readJson(c);
    const mail = readPayload(body, key);
    const hash = hashRequest("/emails", body);
    return sendMails(c, intake, { mails: [mail], key, hash, body: ([id]) => ({ id }) });
  });

  app.post("/batch", async (c) => {
    const key = readKey(c);
    const isPermissive = readMode(c) === "permissive";
    const body = await readJson(c);
    if (!Array.isArray(body))
      throw new ResendError(400, "validation_error", "The request body must be a JSON array.");
    if (body.length === 0) throw invalid("The batch holds no emails.");
    if (body.length > BATCH_MAX) throw invalid(`The batch holds more than ${BATCH_MAX} emails.`);
    // resend.com/docs/api-reference/emails/send-batch-emails: no attachments, and nothing that is sent later.
    if (body.some((mail) => typeof mail === "object" && mail !== null && "attachments" in mail))
      throw invalid("The `attachments` field is not supported in a batch.");
    const { mails, errors } = readBatch(body, key, isPermissive);
    const hash = hashRequest("/emails/batch", [isPermissive, body]);
    const answer = (ids: string[]) => ({
      data: ids.map((id) => ({ id })),
      ...(isPermissive ? { errors } : {}),
    });
    return sendMails(c, intake, { mails, key, hash, body: answer });
  });

  const others = (c: Context<Env>) => {
    throw new ResendError(405, "method_not_allowed", `${c.req.method} is not allowed for ${c.req.path}.`);
  };
  app.all("/batch", others);

  app.get("/", (c) => {
    const limit = Number(c.req.query("limit") ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw invalid("`limit` must be from 1 to 100.");
    const mails = store.list({ limit: limit + 1 });
    const data = mails.slice(0, limit).map((mail) => {
      const { object: _object, html: _html, text: _text, tags: _tags, ...listed } = toAnswer(mail);
      return listed;
    });
    return c.json({ object: "list", has_more: mails.length > limit, data });
  });

  app.get("/:id", (c) => {
    const mail = store.get(c.req.param("id"));
    if (mail?.via !== "resend") throw new ResendError(404, "not_found", "Email not found");
    return c.json(toAnswer(mail));
  });

  app.all("/", others);
  app.all("/:id", others);
  return app;
}

function readBatch(
  body: readonly unknown[],
  key: string | null,
  isPermissive: boolean,
): { mails: IncomingMail[]; errors: { index: number; message: string }[] } {
  const mails: IncomingMail[] = [];
  const errors: { index: number; message: string }[] = [];
  for (const [index, item] of body.entries()) {
    try {
      mails.push(readPayload(item, key));
    } catch (error) {
      if (!(error instanceof ResendError) || !isPermissive) throw error;
      errors.push({ index, message: error.message });
    }
  }
  return { mails, errors };
}

function readMode(c: Context<Env>): "strict" | "permissive" {
  const mode = c.req.header("x-batch-validation") ?? "strict";
  if (mode !== "strict" && mode !== "permissive")
    throw invalid("`x-batch-validation` must be strict or permissive.");
  return mode;
}

function readKey(c: Context<Env>): string | null {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return null;
  if (key.length < 1 || key.length > KEY_CHARS_MAX) {
    throw new ResendError(
      400,
      "invalid_idempotency_key",
      `The key must be between 1-${KEY_CHARS_MAX} chars.`,
    );
  }
  return key;
}

async function readJson(c: Context<Env>): Promise<unknown> {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new ResendError(
      415,
      "validation_error",
      "The request body must be JSON: send Content-Type: application/json.",
    );
  }
  const text = await c.req.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new ResendError(400, "validation_error", "The request body is not valid JSON.");
  }
}

function checkKey(header: string | undefined, expected: string | null): void {
  const given = /^Bearer +(\S+)\s*$/i.exec(header ?? "")?.[1];
  if (given === undefined) {
    throw new ResendError(
      401,
      "missing_api_key",
      "Missing API key in the authorization header. Send Authorization: Bearer YOUR_API_KEY.",
    );
  }
  if (expected !== null && !isSameSecret(given, expected)) {
    throw new ResendError(401, "validation_error", "API key is invalid");
  }
}

/** Takes as long whatever differs. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function toAnswer(mail: Mail) {
  const list = (addresses: readonly string[]) => (addresses.length > 0 ? addresses : null);
  return {
    object: "email" as const,
    id: mail.id,
    to: mail.to,
    from: mail.from,
    // As Resend writes it: "2026-10-01 12:00:00.000000+00".
    created_at: mail.receivedAt.replace("T", " ").replace("Z", "000+00"),
    subject: mail.subject,
    html: mail.html,
    text: mail.text,
    bcc: list(mail.bcc),
    cc: list(mail.cc),
    reply_to: list(mail.replyTo),
    last_event: mail.state,
    scheduled_at: null,
    message_id: mail.messageId,
    tags: mail.tags,
  };
}

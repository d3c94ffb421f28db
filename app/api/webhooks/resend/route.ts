// Resend's webhooks: signed (Standard Webhooks over the raw body), sent again until we answer 2xx.

import { Webhook, WebhookVerificationError } from "standardwebhooks";
import { z } from "zod";
import { HttpError } from "@/app/_http/http-error";
import { refuseOtherMethods } from "@/app/_http/methods";
import { readText } from "@/app/_http/request";
import { problemResponse } from "@/app/_http/respond";
import type { BounceReason } from "@/domain/bounce-reasons";
import { applyProviderEvent, type ProviderEvent } from "@/domain/provider-events";
import { env } from "@/env";
import { services } from "@/services";

/** A bounce's diagnostics can be long; the rest is small. */
const BODY_BYTES_MAX = 256 * 1024;

const TYPES: ReadonlyMap<string, ProviderEvent["type"]> = new Map([
  ["email.sent", "accepted"],
  ["email.delivered", "delivered"],
  ["email.delivery_delayed", "delayed"],
  ["email.bounced", "bounced"],
  ["email.complained", "complained"],
  ["email.suppressed", "suppressed"],
  ["email.failed", "failed"],
]);

/** Of a "Transient" bounce, by its subtype (resend.com/docs/dashboard/emails/email-bounces); "General" says nothing. */
const TRANSIENT: ReadonlyMap<string, BounceReason> = new Map([
  ["MailboxFull", "mailbox_full_for_now"],
  ["MessageTooLarge", "message_too_large"],
  ["ContentRejected", "mail_refused"],
  ["AttachmentRejected", "mail_refused"],
]);

const Named = z.object({ type: z.string() });
const Payload = z.object({
  data: z.object({
    email_id: z.string().min(1).max(200),
    to: z.array(z.string()).optional(),
    /** Documented as an object; older deliveries carry a list. */
    tags: z
      .union([z.record(z.string(), z.string()), z.array(z.object({ name: z.string(), value: z.string() }))])
      .optional(),
    bounce: z
      .object({
        message: z.string().optional(),
        type: z.string().optional(),
        subType: z.string().optional(),
      })
      .optional(),
    failed: z.object({ reason: z.string().optional() }).optional(),
  }),
});

/** 204 for what was applied, was applied before, or is not ours to know: other programs' mails, contacts, domains. */
export async function POST(request: Request): Promise<Response> {
  try {
    const secret = env().RESEND_WEBHOOK_SECRET;
    if (!secret) throw new HttpError(404, "not_configured", "not_configured");
    const raw = await readText(request, BODY_BYTES_MAX);
    const id = verify(request, raw, secret);
    const body: unknown = JSON.parse(raw);
    const type = TYPES.get(parse(Named, body).type);
    if (!type) return new Response(null, { status: 204 });
    const { data } = parse(Payload, body);
    const event: ProviderEvent = {
      id,
      type,
      providerMessageId: data.email_id,
      deliveryId: deliveryTag(data.tags),
      recipients: data.to ?? [],
      // "Transient" may work later, and of an "Undetermined" one, or one without a type, nobody knows: only this one bars
      // the address (resend.com/docs/dashboard/emails/email-bounces).
      isPermanent: data.bounce?.type === "Permanent",
      bounceReason:
        data.bounce?.type === "Transient"
          ? (TRANSIENT.get(data.bounce.subType ?? "") ?? "mailbox_busy")
          : null,
      text: data.bounce?.message ?? data.failed?.reason ?? null,
    };
    await services().database.within(() => applyProviderEvent(services(), event));
    return new Response(null, { status: 204 });
  } catch (error) {
    return problemResponse(error, request);
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new HttpError(400, "invalid_payload", "invalid_payload");
  return parsed.data;
}

/** The event's id. Throws 401 unless the raw body carries a fresh signature of ours (5 minutes' tolerance). */
function verify(request: Request, raw: string, secret: string): string {
  const header = (name: string) =>
    request.headers.get(`svix-${name}`) ?? request.headers.get(`webhook-${name}`) ?? "";
  const id = header("id");
  try {
    new Webhook(secret).verify(raw, {
      "webhook-id": id,
      "webhook-timestamp": header("timestamp"),
      "webhook-signature": header("signature"),
    });
    return id;
  } catch (error) {
    if (error instanceof WebhookVerificationError)
      throw new HttpError(401, "invalid_signature", "invalid_signature");
    // Signed, and no JSON: the library parses what it has verified.
    if (error instanceof SyntaxError) throw new HttpError(400, "invalid_payload", "invalid_payload");
    throw error;
  }
}

/** The tag our transport puts on each mail: its idempotency key, with the letters that tags may have. */
const TAG = /^delivery_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:_withheld)?$/;

function deliveryTag(tags: z.infer<typeof Payload>["data"]["tags"]): string | null {
  const value = Array.isArray(tags) ? tags.find((tag) => tag.name === "delivery")?.value : tags?.delivery;
  return TAG.exec(value ?? "")?.[1] ?? null;
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

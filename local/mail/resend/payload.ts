// Reads the body of a request to send, as Resend documents it (resend.com/docs/api-reference/emails/send-email).
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Attachment, IncomingMail } from "../mail.ts";
import { invalid, ResendError } from "./errors.ts";

const RECIPIENTS_MAX = 50;
/** Visible text without control characters: nothing that could begin a header of its own. */
const LINE = /^[^\p{Cc}\u2028\u2029]*$/u;
const MAILBOX = /^[^\s<>()[\],;:\\"@]+@[^\s<>()[\],;:\\"@]+$/u;
const TAG = /^[A-Za-z0-9_-]{1,256}$/;
const HEADER_NAME = /^[!-9;-~]{1,128}$/;

const OneOrMany = z.union([z.string(), z.array(z.string()).min(1)]).transform((value) => [value].flat());

const Payload = z.object({
  from: z.string(),
  to: OneOrMany,
  cc: OneOrMany.nullish(),
  bcc: OneOrMany.nullish(),
  reply_to: OneOrMany.nullish(),
  subject: z.string().max(2_000).regex(LINE, "must be one line"),
  html: z.string().nullish(),
  text: z.string().nullish(),
  headers: z
    .record(z.string().regex(HEADER_NAME), z.string().max(8_000).regex(LINE, "must be one line"))
    .nullish(),
  tags: z
    .array(z.object({ name: z.string().regex(TAG), value: z.string().regex(TAG) }))
    .max(75)
    .nullish(),
  attachments: z
    .array(
      z.object({
        filename: z.string().max(500).nullish(),
        content: z.string().nullish(),
        path: z.string().nullish(),
        content_type: z.string().nullish(),
      }),
    )
    .nullish(),
});
type Payload = z.infer<typeof Payload>;

/** The mail a body asks for. Throws the ResendError that Resend would answer with. */
export function readPayload(body: unknown, idempotencyKey: string | null): IncomingMail {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ResendError(400, "validation_error", "The request body must be a JSON object.");
  }
  const given = new Map(Object.entries(body));
  refuseWhatIsNotDone(given);
  for (const field of ["from", "to", "subject"]) {
    if (isMissing(given.get(field))) throw missing(`\`${field}\``);
  }
  if (isMissing(given.get("html")) && isMissing(given.get("text"))) throw missing("`html` or `text`");
  const parsed = Payload.safeParse(body);
  if (!parsed.success) throw fieldError(parsed.error);
  return toMail(parsed.data, idempotencyKey);
}

/** What this stand-in cannot do must not look as if it had worked. */
function refuseWhatIsNotDone(given: Map<string, unknown>): void {
  for (const field of ["scheduled_at", "template"]) {
    if (!isMissing(given.get(field)))
      throw invalid(`The local mail server does not support the \`${field}\` field.`);
  }
}

function toMail(payload: Payload, idempotencyKey: string | null): IncomingMail {
  if (!isMailbox(payload.from)) {
    throw new ResendError(422, "invalid_from_address", `Invalid \`from\` field. ${ADDRESS_HINT}`);
  }
  const headers = Object.entries(payload.headers ?? {}).map(([name, value]) => ({ name, value }));
  const messageId = headers.find(({ name }) => name.toLowerCase() === "message-id")?.value.trim();
  return {
    via: "resend",
    from: payload.from.trim(),
    to: checkedAddresses("to", payload.to),
    cc: checkedAddresses("cc", payload.cc),
    bcc: checkedAddresses("bcc", payload.bcc),
    replyTo: checkedAddresses("reply_to", payload.reply_to),
    subject: payload.subject,
    html: payload.html ?? null,
    text: payload.text ?? null,
    headers,
    tags: payload.tags ?? [],
    attachments: (payload.attachments ?? []).map(toAttachment),
    messageId: messageId || `<${randomUUID()}@mail.localhost>`,
    idempotencyKey,
    raw: null,
  };
}

const ADDRESS_HINT =
  "The email address needs to look like `email@example.com` or `Name <email@example.com>`.";

function checkedAddresses(field: string, values: readonly string[] | null | undefined): string[] {
  const addresses = (values ?? []).map((value) => value.trim());
  if (addresses.length > RECIPIENTS_MAX) {
    throw invalid(`The \`${field}\` field holds more than ${RECIPIENTS_MAX} addresses.`);
  }
  if (!addresses.every(isMailbox)) throw invalid(`Invalid \`${field}\` field. ${ADDRESS_HINT}`);
  return addresses;
}

function isMailbox(written: string): boolean {
  if (!LINE.test(written) || written.length > 1_000) return false;
  const named = /^[^<>]*<([^<>]*)>$/.exec(written.trim());
  const address = named?.[1] ?? written.trim();
  return address.length <= 320 && MAILBOX.test(address);
}

function toAttachment(given: NonNullable<Payload["attachments"]>[number]): Attachment {
  const content = given.content ?? "";
  if (!content && !given.path) {
    throw new ResendError(422, "invalid_attachment", "Attachment must have either a `content` or `path`.");
  }
  return {
    filename: given.filename ?? given.path?.split("/").at(-1) ?? "attachment",
    contentType: given.content_type ?? "application/octet-stream",
    sizeBytes: Buffer.byteLength(content, "base64"),
  };
}

const isMissing = (value: unknown) =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

const missing = (field: string) => new ResendError(422, "missing_required_field", `Missing ${field} field.`);

function fieldError(error: z.ZodError): ResendError {
  const issue = error.issues[0];
  const field = String(issue?.path[0] ?? "body");
  if (field === "from")
    return new ResendError(422, "invalid_from_address", `Invalid \`from\` field. ${ADDRESS_HINT}`);
  if (field === "attachments") {
    return new ResendError(
      422,
      "invalid_attachment",
      "The `attachments` field is not a list of attachments.",
    );
  }
  if (field === "tags") {
    return invalid("Tags should only contain ASCII letters, numbers, underscores, or dashes.");
  }
  return invalid(`Invalid \`${field}\` field: ${issue?.message ?? "it cannot be read"}.`);
}

// Reads what came in: a JSON body or a form, bounded, UTF-8, from our own pages when a browser sends it.
import "server-only";
import type { z } from "zod";
import { DomainError, type FieldError, type FieldSentenceName } from "@/domain/errors";
import { isTextKey } from "@/messages/catalog";
import { services } from "@/services";
import { HttpError } from "./http-error";
import { BODY_TIMEOUT_MS } from "./slow-bodies";

/** No body of this API is longer than a few hundred bytes. */
export const BODY_BYTES_MAX = 16 * 1024;

export type Fields = Record<string, unknown>;
/** `form`: sent by a page without JavaScript; the answer is a redirect then. */
export type ReadBody = { kind: "json" | "form"; fields: Fields };

/** True for a page's form. Pages cannot send an Authorization header: who does is a program and reads JSON. */
export function isForm(request: Request): boolean {
  return mediaType(request) === "application/x-www-form-urlencoded" && !request.headers.has("authorization");
}

function mediaType(request: Request): string {
  return (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** Parses the body into fields. Throws HttpError 400, 408, 413 or 415 with a sentence that says how to mend it. */
export async function readBody(request: Request): Promise<ReadBody> {
  const type = mediaType(request);
  const form = isForm(request);
  if (!form && type !== "application/json")
    throw new HttpError(415, "unsupported_media_type", "unsupported_media_type", {
      accept: "application/json",
    });
  const charset = /charset=\s*"?([^";\s]+)/i.exec(request.headers.get("content-type") ?? "")?.[1] ?? "utf-8";
  if (!/^utf-?8$/i.test(charset)) throw new HttpError(415, "unsupported_charset", "unsupported_charset");
  const text = await readText(request, BODY_BYTES_MAX);
  if (form) return { kind: "form", fields: parseForm(text) };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new HttpError(400, "invalid_json", text.trim() === "" ? "empty_body" : "invalid_json");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new HttpError(400, "invalid_json", "no_json_object");
  return { kind: "json", fields: parsed as Fields };
}

/** The body as text. Throws HttpError 400 (not UTF-8), 408 or 413. */
export async function readText(request: Request, bytesMax: number): Promise<string> {
  return decodeUtf8(await readBounded(request, bytesMax));
}

function parseForm(text: string): Fields {
  return Object.fromEntries(new URLSearchParams(text));
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new HttpError(400, "invalid_encoding", "invalid_encoding");
  }
}

async function readBounded(request: Request, bytesMax: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new HttpError(413, "body_too_large", "body_too_large", {}, { kilobytes: bytesMax / 1024 });
  const announced = Number(request.headers.get("content-length") ?? Number.NaN);
  if (announced > bytesMax) throw tooLarge();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HttpError(408, "body_timeout", "body_timeout")), BODY_TIMEOUT_MS);
  });
  try {
    // What is announced is not exceeded (RFC 9112, 6.3), and is read without a stream.
    if (!(announced >= 0)) return await readStream(request, bytesMax, timeout, tooLarge);
    const bytes = new Uint8Array(await Promise.race([request.arrayBuffer(), timeout]));
    if (bytes.byteLength > bytesMax) throw tooLarge();
    return bytes;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    // Whoever sent it has gone, or was sent away (slow-bodies.ts): nobody's mistake but theirs.
    throw new HttpError(408, "body_timeout", "body_timeout");
  } finally {
    clearTimeout(timer);
  }
}

async function readStream(
  request: Request,
  bytesMax: number,
  timeout: Promise<never>,
  tooLarge: () => HttpError,
): Promise<Uint8Array> {
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), timeout]);
      if (done) return Buffer.concat(chunks);
      size += value.byteLength;
      if (size > bytesMax) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => {});
    throw error;
  }
}

/** Fields → typed values. Throws DomainError `invalid_input` with one entry a field. */
export function parseFields<Shape extends z.ZodType>(schema: Shape, fields: Fields): z.output<Shape> {
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  const errors = new Map<string, FieldError>();
  for (const issue of result.error.issues) {
    const field = issue.path.join(".") || "body";
    if (!errors.has(field))
      errors.set(field, { field, code: fieldCode(issue, field in fields), ...sentenceOf(issue) });
  }
  throw new DomainError("invalid_input", { fields: [...errors.values()] });
}

/** The schemas write the name of a sentence where zod writes a sentence (schemas.ts). */
function sentenceOf(issue: z.core.$ZodIssue): Pick<FieldError, "text" | "values"> {
  const values: FieldError["values"] = issue.code === "custom" ? issue.params?.values : undefined;
  return { text: isFieldSentence(issue.message) ? issue.message : "not_text", ...(values ? { values } : {}) };
}

const isFieldSentence = (name: string): name is FieldSentenceName => isTextKey(`problems.field.${name}`);

function fieldCode(issue: z.core.$ZodIssue, isPresent: boolean): string {
  if (!isPresent) return "required";
  if (issue.code === "custom" && typeof issue.params?.code === "string") return issue.params.code;
  return issue.code === "invalid_type" ? "wrong_type" : "invalid";
}

/**
 * True when a browser sent this from a page of ours. Browsers set both headers themselves; scripts of other sites
 * cannot (Fetch Metadata; Origin: RFC 6454).
 */
export function isFromOwnPage(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site) return site === "same-origin";
  const origin = request.headers.get("origin");
  if (!origin) return false;
  return origin === new URL(services().settings.appUrl).origin || origin === ownOrigin(request);
}

function ownOrigin(request: Request): string | null {
  const host = request.headers.get("host");
  return host ? `${new URL(services().settings.appUrl).protocol}//${host}` : null;
}

/** Refuses what another site makes a browser send. Requests that no browser marked (API clients) pass. */
export function refuseForeignPage(request: Request): void {
  const marked = request.headers.has("sec-fetch-site") || request.headers.has("origin");
  const typedAddress = request.headers.get("sec-fetch-site") === "none";
  if (marked && !typedAddress && !isFromOwnPage(request))
    throw new HttpError(403, "foreign_origin", "foreign_origin");
}

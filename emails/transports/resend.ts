// Resend by its own SDK, which builds the request; the request itself goes through http-post.ts, because the SDK
// turns every broken connection into the same error, whether the mail had been handed over or not.
import { type ErrorResponse, Resend } from "resend";
import { failure } from "../failures";
import type { OutgoingEmail, SendResult, Transport } from "../transport";
import { classifyNetworkError } from "./classify-network";
import { classifyResendError } from "./classify-resend";
import { createAgent, type HttpAnswer, type HttpOutcome, postOnce } from "./http-post";
import { checkOutgoing, extraHeaders, senderAddress } from "./outgoing";
import { parseRetryAfter } from "./retry-after";

export const RESEND_API = "https://api.resend.com";

/** resend.com/docs/dashboard/emails/send-test-emails: "delivered", and nobody reads it. */
const SINK = "delivered@resend.dev";

/**
 * Sends through Resend's HTTP API, or through one that speaks it at `baseUrl` (without `/emails`).
 * Throws a sentence when `apiKey` is empty or `baseUrl` is no http(s) URL.
 */
export function createResendTransport(config: { apiKey: string; baseUrl?: string | undefined }): Transport {
  const { apiKey } = config;
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new Error("The Resend API key is empty or not plain ASCII");
  const baseUrl = (config.baseUrl ?? RESEND_API).replace(/\/+$/, "");
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol))
    throw new Error(`The Resend base URL is not an http(s) URL: ${baseUrl}`);
  const agent = createAgent(new URL(baseUrl));

  const transport: Transport = {
    name: "resend",
    async send(email, timeoutMs, mayStillSend = async () => true) {
      const refusal = checkOutgoing(email);
      if (refusal) return refusal;
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), timeoutMs);
      try {
        const client = new ObservedResend(apiKey, baseUrl, (url, request) =>
          postOnce(url, { ...request, agent, signal: abort.signal, mayStillSend }),
        );
        await client.emails.send(payloadOf(email), { idempotencyKey: email.idempotencyKey });
        const { outcome } = client;
        if (outcome?.kind === "unwanted") return { outcome: "unwanted" };
        return outcome ? resultOf(outcome, secretsOf(email, apiKey)) : notSent();
      } catch (error) {
        return failure("unexpected_error", { text: String(error), secrets: secretsOf(email, apiKey) });
      } finally {
        clearTimeout(timer);
      }
    },
    /** To Resend's own sink, which takes mail as any mailbox does, and tells of it by the same webhooks. */
    rehearse: (email, timeoutMs, mayStillSend) =>
      transport.send({ ...email, to: SINK }, timeoutMs, mayStillSend),
  };
  return transport;
}

type Post = (url: URL, request: { headers: Record<string, string>; body: string }) => Promise<HttpOutcome>;

/** The SDK's client for one request, which keeps what happened on the wire. */
class ObservedResend extends Resend {
  outcome: HttpOutcome | null = null;
  readonly #baseUrl: string;
  readonly #post: Post;

  constructor(apiKey: string, baseUrl: string, post: Post) {
    super(apiKey, { baseUrl });
    this.#baseUrl = baseUrl;
    this.#post = post;
  }

  override async fetchRequest<T>(path: string, options: { headers?: HeadersInit; body?: string } = {}) {
    this.outcome = await this.#post(new URL(this.#baseUrl + path), {
      headers: Object.fromEntries(new Headers(options.headers)),
      body: options.body ?? "",
    });
    // The caller reads `outcome`; this only satisfies the SDK, which never throws and always returns one of the two.
    const error: ErrorResponse = { name: "application_error", statusCode: null, message: "see outcome" };
    return { data: null, error, headers: null } satisfies Awaited<
      ReturnType<typeof Resend.prototype.post<T>>
    >;
  }
}

function payloadOf(email: OutgoingEmail) {
  return {
    from: email.from,
    to: email.to,
    subject: email.subject,
    html: email.html,
    text: email.text,
    headers: { "Message-ID": email.messageId, ...extraHeaders(email) },
    // Comes back with every webhook, also for a mail whose acceptance we never heard of. ASCII letters, digits, _ and - only.
    tags: [{ name: "delivery", value: email.idempotencyKey.replace(/[^A-Za-z0-9_-]/g, "_") }],
  };
}

function resultOf(
  outcome: Exclude<HttpOutcome, { kind: "unwanted" }>,
  secrets: readonly string[],
): SendResult {
  if (outcome.kind === "broken") {
    const { error, timedOut, handedOver } = outcome;
    if (timedOut)
      return handedOver
        ? failure("reply_timed_out", { text: "no answer to the request in time" })
        : failure("timeout", { text: "the request could not be sent in time" });
    return failure(classifyNetworkError(error, handedOver), { text: error.message, secrets });
  }
  const body = parseObject(outcome.body);
  if (outcome.status >= 200 && outcome.status < 300) {
    if (typeof body?.id === "string" && body.id !== "")
      return { outcome: "accepted", providerMessageId: body.id };
    return failure("unreadable_answer", {
      text: outcome.body || "empty answer",
      providerCode: `HTTP ${outcome.status}`,
      secrets,
    });
  }
  const name = typeof body?.name === "string" && body.name !== "" ? body.name : null;
  const message = typeof body?.message === "string" ? body.message : outcome.body;
  return failure(classifyResendError({ status: outcome.status, name, message }), {
    text: message || `HTTP ${outcome.status}`,
    providerCode: name ?? `HTTP ${outcome.status}`,
    retryAfterSeconds: waitOf(outcome),
    secrets,
  });
}

/** Resend sends Retry-After with 429, and `ratelimit-reset` in seconds beside it. */
function waitOf({ status, headers }: HttpAnswer): number | null {
  const now = new Date();
  const wait = parseRetryAfter(headers["retry-after"], now);
  return wait ?? (status === 429 ? parseRetryAfter(headers["ratelimit-reset"], now) : null);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function secretsOf(email: OutgoingEmail, apiKey: string): string[] {
  return [apiKey, email.to, senderAddress(email.from) ?? email.from, email.subject];
}

const notSent = () => failure("unexpected_error", { text: "the SDK made no request" });

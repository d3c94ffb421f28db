// Where our webhooks go, and one POST to there: signed as Standard Webhooks has it (standardwebhooks.com), redirects
// not followed, the answer's body read and dropped. Why that is safe: docs/decisions/030.
import { createHash } from "node:crypto";
import type { Agent } from "node:http";
import { Webhook } from "standardwebhooks";
import { classifyNetworkError } from "@/emails/transports/classify-network";
import { createAgent, postOnce } from "@/emails/transports/http-post";

/** `id` is stored in place of the address, which may hold a secret; `name` is its host, for people. */
export type WebhookEndpoint = { id: string; name: string };

/** What an endpoint is told. `id` is the same at every attempt: by it a receiver knows what it had before. */
export type WebhookMessage = { id: string; body: string; at: Date };

export type WebhookAnswer =
  | { kind: "answer"; status: number; retryAfter: string | undefined }
  | { kind: "broken"; reason: BrokenReason };

const BROKEN_REASONS = [
  "timeout",
  "connection_refused",
  "connection_lost",
  "host_not_found",
  "unreachable",
  "tls_failed",
] as const;
type BrokenReason = (typeof BROKEN_REASONS)[number];

export type WebhookEndpoints = {
  readonly list: readonly WebhookEndpoint[];
  /** Posts once; settles within WEBHOOK_ANSWER_MS. Never rejects. Null when there is no such endpoint (any more). */
  post(endpointId: string, message: WebhookMessage): Promise<WebhookAnswer | null>;
};

export const WEBHOOK_ANSWER_MS = 10_000;

/** `secrets`: each `whsec_…`; while one is being replaced, the old and the new one sign both. */
export function createWebhookEndpoints(
  urls: readonly string[],
  secrets: readonly string[],
  answerMs = WEBHOOK_ANSWER_MS,
): WebhookEndpoints {
  const signers = secrets.map((secret) => new Webhook(secret));
  const places = new Map<string, { url: URL; agent: Agent }>();
  for (const given of urls) {
    const url = new URL(given);
    places.set(createHash("sha256").update(url.href).digest("hex").slice(0, 12), {
      url,
      agent: createAgent(url),
    });
  }
  const hosts = [...places.values()].map(({ url }) => url.host);
  const list = [...places].map(([id, { url }], index) => {
    const isShared = hosts.indexOf(url.host) !== hosts.lastIndexOf(url.host);
    return { id, name: isShared ? `${url.host} (${index + 1})` : url.host };
  });

  return {
    list,
    async post(endpointId, { id, body, at }) {
      const place = places.get(endpointId);
      if (!place) return null;
      const outcome = await postOnce(place.url, {
        headers: {
          "content-type": "application/json",
          "user-agent": "Latchkey",
          "webhook-id": id,
          "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
          "webhook-signature": signers.map((signer) => signer.sign(id, at, body)).join(" "),
        },
        body,
        agent: place.agent,
        signal: AbortSignal.timeout(answerMs),
        // What has happened stays worth telling.
        mayStillSend: async () => true,
      });
      if (outcome.kind === "answer")
        return { kind: "answer", status: outcome.status, retryAfter: outcome.headers["retry-after"] };
      const isLate = outcome.kind === "broken" && outcome.timedOut;
      const reason = outcome.kind === "broken" ? reasonOf(outcome.error) : "connection_lost";
      return { kind: "broken", reason: isLate ? "timeout" : reason };
    },
  };
}

function reasonOf(error: Error): BrokenReason {
  const code = classifyNetworkError(error, false);
  return BROKEN_REASONS.find((reason) => reason === code) ?? "connection_lost";
}

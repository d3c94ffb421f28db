// From a read request to its answer: limit, faults, idempotency, acceptance.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import canonicalize from "canonicalize";
import type { Context } from "hono";
import type { Refusal } from "../fate.ts";
import { type Intake, type LimitAnswer, mailKeyOf, type Try } from "../intake.ts";
import { bareAddress, type IncomingMail, recipientsOf } from "../mail.ts";
import { invalid, ResendError } from "./errors.ts";

type Http = Context<{ Bindings: HttpBindings }>;

/** Hands the mails of one request over, and answers with `body(ids)` when they were accepted. */
export async function sendMails(
  c: Http,
  intake: Intake,
  request: {
    mails: readonly IncomingMail[];
    key: string | null;
    hash: string;
    body: (ids: string[]) => object;
  },
): Promise<Response> {
  const place = intake.takePlace();
  if (place && place.retryAfterSeconds !== null) throw tooMany(place, place.retryAfterSeconds);
  const headers = place ? limitHeaders(place) : {};
  const answer = (ids: string[]) => c.json(request.body(ids), 200, headers);

  const first = request.mails[0];
  // A permissive batch in which nothing was valid.
  if (!first) return answer([]);
  const messageId = first.headers.some(({ name }) => name.toLowerCase() === "message-id")
    ? first.messageId
    : null;
  const addresses = request.mails.map(({ to }) => bareAddress(to[0] ?? ""));
  const taken = request.key === null ? null : intake.findKey(request.key);
  const tried = await intake.nextTry(
    mailKeyOf({ idempotencyKey: request.key, messageId, to: addresses.join(",") }),
    request.mails.flatMap(recipientsOf),
  );
  const { fate } = tried;
  const isSilent = taken !== null && fate.fault === null;
  if (fate.kind !== "accept" && !isSilent) return refuse(c, fate);

  const leave = request.key === null ? () => {} : intake.enter(request.key);
  if (!leave) {
    throw new ResendError(
      409,
      "concurrent_idempotent_requests",
      "Another request with this idempotency key is still under way.",
    );
  }
  try {
    if (fate.kind === "accept" && !isSilent && fate.delayMs > 0) await sleep(fate.delayMs);
    const ids = await acceptOnce(intake, request, tried);
    if (fate.kind === "accept" && !isSilent && fate.losesReply) return cut(c);
    return answer(ids);
  } finally {
    leave();
  }
}

/** The ids the key was answered with before, or those of newly kept mails. */
async function acceptOnce(
  intake: Intake,
  { mails, key, hash }: { mails: readonly IncomingMail[]; key: string | null; hash: string },
  tried: Try,
): Promise<string[]> {
  const taken = key === null ? null : intake.findKey(key);
  if (taken && taken.hash !== hash) {
    throw new ResendError(
      409,
      "invalid_idempotent_request",
      "This idempotency key was used with another payload within the last 24 hours.",
    );
  }
  if (taken) return taken.ids;
  const outcome = tried.fate.kind === "accept" ? tried.fate.outcome : "delivered";
  return await intake.accept(mails, { try: tried, outcome, key: key === null ? null : { key, hash } });
}

/** Two requests are the same when path and body are, whatever the order of the fields. */
export function hashRequest(path: string, body: unknown): string {
  return createHash("sha256")
    .update(`${path}\n${canonicalize(body)}`)
    .digest("hex");
}

async function refuse(c: Http, refusal: Refusal): Promise<Response> {
  switch (refusal.kind) {
    case "refuse":
      throw new ResendError(503, "internal_server_error", "An unexpected error occurred. Try again later.");
    case "greylist":
      throw new ResendError(503, "application_error", "The mail was put off. Try again in a moment.");
    case "reject":
      throw invalid(`Invalid \`to\` field. ${refusal.address} does not accept mail.`);
    case "rate_limit":
      throw tooMany({ limit: 1, remaining: 0 }, refusal.retryAfterSeconds);
    case "quota":
      throw new ResendError(
        429,
        `${refusal.period}_quota_exceeded`,
        `You have reached your ${refusal.period} email quota.`,
      );
    case "hang":
      await new Promise((resolve) => c.env.outgoing.once("close", resolve));
      return RESPONSE_ALREADY_SENT;
    case "down":
      return cut(c);
  }
}

function cut(c: Http): Response {
  c.env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

function tooMany(place: Pick<LimitAnswer, "limit" | "remaining">, retryAfterSeconds: number): ResendError {
  return new ResendError(
    429,
    "rate_limit_exceeded",
    "Too many requests. Slow down, or ask for a higher limit.",
    {
      "retry-after": String(retryAfterSeconds),
      ...limitHeaders(place),
      "ratelimit-reset": String(retryAfterSeconds),
    },
  );
}

/** resend.com/docs/api-reference/rate-limit: the headers of the IETF draft, the window is one second. */
function limitHeaders({
  limit,
  remaining,
}: Pick<LimitAnswer, "limit" | "remaining">): Record<string, string> {
  return {
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": "1",
  };
}

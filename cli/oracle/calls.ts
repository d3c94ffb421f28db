// Asks the product one question, as a stranger would, and times the answer.
import type { Answer } from "./compare";

const TIMEOUT_MS = 30_000;

export type Call = {
  path: string;
  method?: "GET" | "POST";
  body?: object;
  token?: string;
  /** The address of whoever asks, as the proxy in front would have written it. */
  from: string;
  /** What a refusal's wait is counted from (Answer.sinceMs). */
  sinceMs?: number | null;
};

/** Rejects when there is no answer at all. */
export async function ask(
  baseUrl: string,
  { path, method = "POST", body, token, from, sinceMs = null }: Call,
): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(`${baseUrl}/api/v1/usr/${path}`, {
    method,
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      "x-forwarded-for": from,
      ...(body ? { "content-type": "application/json" } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  const ms = performance.now() - startedAt;
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: parse(text),
    ms,
    atMs: Date.now(),
    sinceMs,
  };
}

function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A text field of an answer. Throws when it has none: then the run itself is broken. */
export function textOf(answer: Answer, field: string): string {
  const value =
    typeof answer.body === "object" && answer.body !== null
      ? (answer.body as Record<string, unknown>)[field]
      : undefined;
  if (typeof value === "string") return value;
  throw new Error(`No ${field} in an answer ${answer.status}: ${JSON.stringify(answer.body)}`);
}

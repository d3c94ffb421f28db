// The browser's side of the API: JSON in, JSON out, every outcome a value. Pages and API share one contract, so what
// comes back as a problem is what the form shows.
import type { Problem } from "@/app/_http/problem";

export type ApiResult<Data> =
  | { outcome: "done"; data: Data }
  /** `retryAtMs` is on this device's clock, so that a wrong one does not matter; null when waiting does not help. */
  | { outcome: "refused"; problem: Problem; retryAtMs: number | null }
  /** No answer that we understand: offline, a timeout, a proxy's error page. Whether it took effect is not known. */
  | { outcome: "unreachable" };

/** Longer than any answer of ours takes; afterwards a person wants to be told. */
const TIMEOUT_MS = 20_000;

/** Posts, and once more with a proof of work when the server asks for one. */
export async function postJson<Data = unknown>(url: string, body?: object): Promise<ApiResult<Data>> {
  const result = await post<Data>(url, body);
  if (result.outcome !== "refused" || !result.problem.proof) return result;
  const challenge = result.problem.proof;
  // Fetched when it is needed, which is seldom.
  const proof = await import("./proof-of-work").then(({ solve }) => solve(challenge)).catch(() => null);
  return proof === null ? result : post<Data>(url, { ...body, proof });
}

function post<Data>(url: string, body?: object): Promise<ApiResult<Data>> {
  return call<Data>(url, {
    method: "POST",
    ...(body ? { headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {}),
  });
}

/** Asks for what whoever the browser's cookie stands for may see. */
export const getJson = <Data>(url: string): Promise<ApiResult<Data>> => call<Data>(url, {});

/**
 * The session that the page was made for is over, or the browser has another account's or a new registration's in its
 * place: the page, loaded anew, knows what to show.
 */
export const isSessionOver = (result: ApiResult<unknown>): boolean =>
  result.outcome === "refused" &&
  /^(not_signed_in|invalid_token|other_account|not_confirmed)$/.test(result.problem.code);

async function call<Data>(url: string, init: RequestInit): Promise<ApiResult<Data>> {
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: "application/json", ...init.headers },
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer: unknown = response.status === 204 ? null : await response.json();
    if (response.ok) return { outcome: "done", data: answer as Data };
    return isProblem(answer)
      ? { outcome: "refused", problem: answer, retryAtMs: readRetryAfter(response) }
      : { outcome: "unreachable" };
  } catch {
    return { outcome: "unreachable" };
  }
}

/** Retry-After in seconds (RFC 9110 10.2.3), as an instant of this device's clock. */
function readRetryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after"));
  return seconds > 0 ? Date.now() + seconds * 1000 : null;
}

function isProblem(value: unknown): value is Problem {
  const { code, detail } = (value ?? {}) as Partial<Problem>;
  return typeof code === "string" && typeof detail === "string";
}

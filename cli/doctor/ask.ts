// One HTTP request of the doctor's, as something to judge: an answer, or that there was none.

export type Asked = { status: number; body: unknown } | { status: null; why: string };

const TIMEOUT_MS = 5_000;

/** Never throws. `body` is null when it is no JSON. */
export async function ask(
  url: string,
  {
    method = "GET",
    headers = {},
    json,
    bytes,
  }: {
    method?: string;
    headers?: Record<string, string>;
    json?: unknown;
    bytes?: { type: string; content: Uint8Array<ArrayBuffer> };
  } = {},
): Promise<Asked> {
  const sent = json === undefined ? bytes : { type: "application/json", content: JSON.stringify(json) };
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(sent ? { "content-type": sent.type } : {}) },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(sent ? { body: sent.content } : {}),
    });
    const body: unknown = await response.json().catch(() => null);
    return { status: response.status, body };
  } catch (error) {
    return { status: null, why: describe(error) };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  if (error.name === "TimeoutError") return "no answer in time";
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? error.message;
}

/** A text of a JSON object, however deep the caller has to look; null when there is none. */
export function textOf(value: unknown, name: string): string | null {
  const found = typeof value === "object" && value !== null ? Reflect.get(value, name) : null;
  return typeof found === "string" ? found : null;
}

/** The entries under `data` of a list, as Resend's and Inngest's APIs write one. */
export function entriesOf(body: unknown): unknown[] {
  const data = typeof body === "object" && body !== null ? Reflect.get(body, "data") : null;
  return Array.isArray(data) ? data : [];
}

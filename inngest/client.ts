// The client of the engine, whichever that is (DESIGN.md section 2: engine). Built at first use, because a build
// has no environment.
import { AsyncLocalStorage } from "node:async_hooks";
import { Inngest } from "inngest";
import type { Log } from "../domain/services";
import { env } from "../env";
import { services } from "../services";
import { nameRuns } from "./named-runs";
import { traceSteps } from "./traced-steps";

/** One try of a call to the engine; the SDK itself has no time limit and makes five tries. */
const ENGINE_CALL_TIMEOUT_MS = 2_000;

const shared = globalThis as typeof globalThis & { latchkeyInngest?: Inngest };

export function inngest(): Inngest {
  shared.latchkeyInngest ??= createClient();
  return shared.latchkeyInngest;
}

function createClient(): Inngest {
  const {
    INNGEST_BASE_URL,
    INNGEST_DEV,
    INNGEST_EVENT_KEY,
    INNGEST_SIGNING_KEY,
    INNGEST_SIGNING_KEY_FALLBACK,
  } = env();
  const devServerUrl = INNGEST_DEV?.startsWith("http") ? INNGEST_DEV : undefined;
  const baseUrl = INNGEST_BASE_URL ?? devServerUrl;
  const { log, tracing, logContext } = services();
  return new Inngest({
    id: "latchkey",
    isDev: Boolean(INNGEST_DEV),
    ...(baseUrl ? { baseUrl } : {}),
    ...(INNGEST_EVENT_KEY ? { eventKey: INNGEST_EVENT_KEY } : {}),
    ...(INNGEST_SIGNING_KEY ? { signingKey: INNGEST_SIGNING_KEY } : {}),
    ...(INNGEST_SIGNING_KEY_FALLBACK ? { signingKeyFallback: INNGEST_SIGNING_KEY_FALLBACK } : {}),
    // Every engine then asks for one step at a time, so all of them behave alike.
    checkpointing: false,
    fetch: fetchFromEngine,
    logger: engineLogger(log),
    middleware: [nameRuns(logContext), ...(tracing.isOn ? [traceSteps(tracing)] : [])],
  });
}

/** Makes the client, and a first call that changes nothing where the engine is ours to call: at least its code is loaded. */
export async function warmClient(): Promise<void> {
  inngest();
  const { INNGEST_BASE_URL, INNGEST_DEV } = env();
  const url = INNGEST_BASE_URL ?? INNGEST_DEV;
  if (url?.startsWith("http")) await (await fetchFromEngine(new URL("/health", url))).arrayBuffer();
}

/**
 * Asks the engine as an event would, with a list of none: true when it is there and knows our key, false for any other
 * answer. Throws when there is none.
 */
export async function askEngine(): Promise<boolean> {
  const { eventBaseUrl, eventKey } = inngest();
  // In development a key is not needed, and the address has to have one.
  const url = new URL(`e/${eventKey ?? "none"}`, eventBaseUrl);
  const headers = { "content-type": "application/json" };
  const response = await fetchFromEngine(url, { method: "POST", headers, body: "[]" });
  await response.arrayBuffer();
  // 400: it knows the key and minds that the list is empty.
  return response.ok || response.status === 400;
}

/** The engine answered, and not well. */
export class EngineAnswerError extends Error {
  override readonly name = "EngineAnswerError";
  constructor(readonly status: number) {
    super(`The engine answered ${status}`);
  }
}

/** Told about the first call to the engine that fails while it is set: the SDK itself goes on trying for 1.7 s. */
export const firstFailure = new AsyncLocalStorage<(error: unknown) => void>();

const fetchFromEngine: typeof fetch = async (input, init) => {
  const tell = firstFailure.getStore();
  try {
    const response = await fetch(input, { ...init, signal: AbortSignal.timeout(ENGINE_CALL_TIMEOUT_MS) });
    if (!response.ok) tell?.(new EngineAnswerError(response.status));
    return response;
  } catch (error) {
    tell?.(error);
    throw error;
  }
};

/** The SDK logs through console by default; here its words go where all others go. */
function engineLogger(log: Log) {
  const write =
    (level: keyof Log) =>
    (...parts: unknown[]) => {
      const words = parts.filter((part) => typeof part === "string").join(" ");
      // An error by itself, or as pino takes it.
      const error = parts
        .map((part) => (typeof part === "object" && part !== null && "err" in part ? part.err : part))
        .find((part) => part instanceof Error);
      log[level](error ? { err: error } : {}, `Inngest: ${words || "error"}`);
    };
  return { debug: write("debug"), info: write("debug"), warn: write("warn"), error: write("warn") };
}

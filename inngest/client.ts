// The client of the engine, whichever that is (DESIGN.md section 2: engine). Built at first use, because a build
// has no environment.
import { Inngest } from "inngest";
import { env } from "../env";
import { services } from "../services";

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
  const { log } = services();
  return new Inngest({
    id: "latchkey",
    isDev: Boolean(INNGEST_DEV),
    ...(baseUrl ? { baseUrl } : {}),
    ...(INNGEST_EVENT_KEY ? { eventKey: INNGEST_EVENT_KEY } : {}),
    ...(INNGEST_SIGNING_KEY ? { signingKey: INNGEST_SIGNING_KEY } : {}),
    ...(INNGEST_SIGNING_KEY_FALLBACK ? { signingKeyFallback: INNGEST_SIGNING_KEY_FALLBACK } : {}),
    // Every engine then asks for one step at a time, so all of them behave alike.
    checkpointing: false,
    fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(ENGINE_CALL_TIMEOUT_MS) }),
    logger: {
      debug: (...parts: unknown[]) => log.debug({ engine: parts.map(String).join(" ") }, "inngest"),
      info: (...parts: unknown[]) => log.debug({ engine: parts.map(String).join(" ") }, "inngest"),
      warn: (...parts: unknown[]) => log.warn({ engine: parts.map(String).join(" ") }, "inngest"),
      error: (...parts: unknown[]) => log.warn({ engine: parts.map(String).join(" ") }, "inngest"),
    },
  });
}

// The engine's own API, as far as commands ask it: its functions, and to forget.
import { USER_ERASED } from "@/domain/events";
import { env } from "@/env";
import { type Asked, ask } from "../doctor/ask";
import { hashSigningKey } from "../doctor/engine";

const CLOUD = "https://api.inngest.com";

/** What an engine did when it was told to forget. `silent`: it did not answer, or not well; `why` in words. */
export type Forgetting =
  | { kind: "forgotten"; events: number; runs: number }
  | { kind: "cannot" }
  | { kind: "silent"; why: string };

/** Asks the engine that this environment names, with its signing key. Never throws. */
export function askEngine(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Asked> {
  const { INNGEST_BASE_URL, INNGEST_DEV, INNGEST_SIGNING_KEY } = env();
  const own = INNGEST_BASE_URL ?? (INNGEST_DEV?.startsWith("http") ? INNGEST_DEV : undefined);
  const key = INNGEST_DEV ? undefined : INNGEST_SIGNING_KEY;
  return ask(`${(own ?? CLOUD).replace(/\/+$/, "")}${path}`, {
    ...options,
    headers: key ? { authorization: `Bearer ${hashSigningKey(key)}` } : {},
  });
}

/**
 * Has the engine remove the events and runs that hold one of these ids. Ours can; Inngest's servers have no such call,
 * and forget by their own clean-up. What has Intercom forget them is left to its work: it needs to know whom.
 */
export async function forgetAtEngine(ids: readonly string[]): Promise<Forgetting> {
  if (ids.length === 0) return { kind: "forgotten", events: 0, runs: 0 };
  return judgeForgetting(
    await askEngine("/v1/forget", { method: "POST", json: { ids, keep: [USER_ERASED] } }),
  );
}

export function judgeForgetting(asked: Asked): Forgetting {
  if (asked.status === null) return { kind: "silent", why: asked.why };
  if (asked.status === 404 || asked.status === 405) return { kind: "cannot" };
  const data = (asked.body as { data?: { events?: unknown; runs?: unknown } } | null)?.data;
  return asked.status === 200 && typeof data?.events === "number" && typeof data.runs === "number"
    ? { kind: "forgotten", events: data.events, runs: data.runs }
    : { kind: "silent", why: `it answered ${asked.status}` };
}

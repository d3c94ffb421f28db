// The engine is told to forget who is gone here. Ours can; a server of Inngest's has no such call, and forgets by its own
// clean-up. What it holds are ids, which lead nowhere by then (docs/decisions/016).
import { z } from "zod";
import { listForgottenIds, removeForgottenIds } from "../db/forgotten-ids";
import { USER_ERASED } from "../domain/events";
import type { Services } from "../domain/services";
import { env } from "../env";
import { type Loop, startLoop } from "./loop";
import { describeEngineError } from "./send-events";
import { hashSigningKey } from "./signing-key";

const CLOUD = "https://api.inngest.com";
/** Where an SDK looks for it that is told no address. */
const DEV_SERVER = "http://localhost:8288";
/** The engine has to read all that it holds, which may be a week of a busy product. */
const CALL_MS = 30_000;
const ROUND_MS = 30_000;
const BATCH = 200;

/** `cannot`: it has no such call. `silent`: it did not answer, or not well; `why` in words. */
export type Forgetting =
  | { kind: "forgotten"; events: number; runs: number }
  | { kind: "cannot" }
  | { kind: "silent"; why: string };

/**
 * Has the engine remove the events and runs that hold an id of somebody who is gone, those of earlier times too, for which
 * it was away. Null when there is none. What has Intercom forget them is left to its work: it needs to know whom.
 */
export async function forgetAtEngine(services: Pick<Services, "db">): Promise<Forgetting | null> {
  const sum = { events: 0, runs: 0 };
  for (let told = 0; ; told++) {
    const ids = await listForgottenIds(services.db, BATCH);
    if (ids.length === 0) return told === 0 ? null : { kind: "forgotten", ...sum };
    const answer = await tellEngine(ids);
    if (answer.kind === "silent") return answer;
    await removeForgottenIds(services.db, ids);
    if (answer.kind === "cannot") return answer;
    sum.events += answer.events;
    sum.runs += answer.runs;
  }
}

async function tellEngine(ids: readonly string[]): Promise<Forgetting> {
  const { INNGEST_BASE_URL, INNGEST_DEV, INNGEST_SIGNING_KEY } = env();
  const inDevelopment = INNGEST_DEV?.startsWith("http") ? INNGEST_DEV : DEV_SERVER;
  const engine = INNGEST_BASE_URL ?? (INNGEST_DEV ? inDevelopment : CLOUD);
  const key = INNGEST_DEV ? undefined : INNGEST_SIGNING_KEY;
  try {
    const response = await fetch(`${engine.replace(/\/+$/, "")}/v1/forget`, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(CALL_MS),
      headers: {
        "content-type": "application/json",
        ...(key ? { authorization: `Bearer ${hashSigningKey(key)}` } : {}),
      },
      body: JSON.stringify({ ids, keep: [USER_ERASED] }),
    });
    return judgeForgetting(response.status, await response.json().catch(() => null));
  } catch (error) {
    return { kind: "silent", why: describeEngineError(error) };
  }
}

const Told = z.object({ data: z.object({ events: z.number(), runs: z.number() }) });

/** A Dev Server answers every address with its page. */
export function judgeForgetting(status: number, body: unknown): Forgetting {
  if (status === 404 || status === 405) return { kind: "cannot" };
  if (status !== 200) return { kind: "silent", why: `it answered ${status}` };
  const told = Told.safeParse(body).data;
  return told ? { kind: "forgotten", ...told.data } : { kind: "cannot" };
}

/** In every server process: for people who delete their account, and for an engine that was away. */
export function startForgetting(services: Services): Loop {
  return startLoop(
    async () => {
      const answer = await forgetAtEngine(services);
      if (answer?.kind === "silent")
        services.log.warn({ why: answer.why }, "The engine could not be told to forget who is gone");
      return ROUND_MS;
    },
    (error) => {
      services.log.warn({ err: error }, "Whom the engine is to forget could not be read");
      return ROUND_MS;
    },
  );
}

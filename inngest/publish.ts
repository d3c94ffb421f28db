// Outbox row → event. The row's id is the event's id, so publishing twice starts one run (dedupe: 24 h).
import { findOutboxRow, leaseOutboxRows, markPublished, releaseOutboxRows } from "../db/outbox";
import type { OutboxRow } from "../db/schema";
import { type CircuitBreaker, createCircuitBreaker } from "../domain/circuit-breaker";
import type { Services } from "../domain/services";
import { firstFailure, inngest } from "./client";

/** A person waits for this; whatever the engine does, it is not waited for longer (promise P1). */
export const PUBLISH_LIMIT_MS = 250;

const ENGINE_AWAY = "Connection refused";
const DATABASE_AWAY = "The database did not answer";
const BREAKER = { failuresToOpen: 2, openMs: 5_000 };

const shared = globalThis as typeof globalThis & { latchkeyEngine?: { breaker: CircuitBreaker } };

/** What this process knows of the engine's health; shared by Next's bundles. */
export function engine(services: Services): { breaker: CircuitBreaker } {
  shared.latchkeyEngine ??= {
    breaker: createCircuitBreaker(BREAKER, (from, to) =>
      services.log.warn({ breaker: to, from }, `Circuit breaker of the engine: ${to}`),
    ),
  };
  return shared.latchkeyEngine;
}

export type Publication = { published: true } | { published: false; error: string };

async function send(rows: OutboxRow[]): Promise<void> {
  await inngest().send(
    rows.map((row) => ({ id: row.id, name: row.name, data: row.data, ts: row.createdAt.getTime() })),
  );
}

/**
 * Publishes one row within `limitMs`. Never throws: the row is safe in the outbox, and a publication that comes
 * through later is still recorded. The breaker hears of what the engine did, in time or not, and of nothing else.
 */
export async function publishNow(
  services: Services,
  outboxId: string,
  limitMs = PUBLISH_LIMIT_MS,
): Promise<Publication> {
  const { log } = services;
  const { breaker } = engine(services);
  if (!breaker.mayCall(services.clock())) return { published: false, error: ENGINE_AWAY };
  let isAsked = false;
  let isJudged = false;
  const judge = (isWell: boolean) => {
    if (!isAsked || isJudged) return;
    isJudged = true;
    if (isWell) breaker.succeeded(services.clock());
    else breaker.failed(services.clock());
  };
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<Publication>((resolve) => {
    fail = (error) => resolve({ published: false, error: describeEngineError(error) });
  });
  const publish = async (): Promise<Publication> => {
    const row = await findOutboxRow(services.db, outboxId).catch((error: unknown) => {
      log.warn({ err: error, outboxId }, "The outbox could not be read; the event waits in it");
      return "unknown" as const;
    });
    if (row === "unknown") return { published: false, error: DATABASE_AWAY };
    if (!row || row.publishedAt) return { published: true };
    isAsked = true;
    try {
      await send([row]);
    } catch (error) {
      return { published: false, error: describeEngineError(error) };
    }
    judge(true);
    // A row that is not marked is published once more, and the engine drops the second event by its id.
    await markPublished(services.db, [row.id], services.clock()).catch((error: unknown) =>
      log.warn(
        { err: error, outboxId },
        "A published event could not be marked; the relay publishes it again",
      ),
    );
    return { published: true };
  };
  const publishing = firstFailure.run(fail, publish);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Publication>((resolve) => {
    timer = setTimeout(() => resolve({ published: false, error: "Timed out" }), limitMs);
  });
  const publication = await Promise.race([publishing, failed, limit]);
  clearTimeout(timer);
  if (publication.published) return publication;
  judge(false);
  if (isAsked)
    log.warn(
      { outboxId, error: publication.error },
      "The engine did not take an event; it waits in the outbox",
    );
  return publication;
}

const BATCH_SIZE = 100;
const BATCH_LEASE_SECONDS = 30;
/** A batch may take longer than one event; an engine that needs more than this would keep people waiting. */
const BATCH_WELL_MS = 1_000;

/**
 * Publishes what waits, oldest first. Returns how many rows went out and how many the engine did not take; `onFailure`
 * hears why.
 */
export async function relayOutbox(
  services: Services,
  onFailure: (error: unknown) => void = () => {},
): Promise<{ published: number; failed: number }> {
  const rows = await leaseOutboxRows(services.db, BATCH_SIZE, BATCH_LEASE_SECONDS);
  if (rows.length === 0) return { published: 0, failed: 0 };
  const ids = rows.map((row) => row.id);
  // The relay is the one that keeps asking; its success lets the registrations publish again, unless they would wait.
  const { breaker } = engine(services);
  const startedAt = performance.now();
  try {
    await send(rows);
    if (performance.now() - startedAt <= BATCH_WELL_MS) breaker.succeeded(services.clock());
  } catch (error) {
    breaker.failed(services.clock());
    onFailure(error);
    const tries = Math.min(...rows.map((row) => row.tries));
    await releaseOutboxRows(services.db, ids, Math.min(2 ** tries, 30));
    services.log.warn(
      { waiting: rows.length, error: describeEngineError(error) },
      "The engine is away; events wait in the outbox",
    );
    return { published: 0, failed: rows.length };
  }
  await markPublished(services.db, ids, services.clock());
  return { published: rows.length, failed: 0 };
}

/** One plain phrase for the ways an engine can be away: it goes into an API answer, so no address and no port. */
export function describeEngineError(error: unknown): string {
  const code =
    error instanceof Error && error.cause instanceof Error
      ? (error.cause as NodeJS.ErrnoException).code
      : undefined;
  if (code === "ECONNREFUSED") return "Connection refused";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "Host not found";
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") return "Connection lost";
  if (error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError"))
    return "Timed out";
  return "The queue refused the event";
}

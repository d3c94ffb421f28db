// Outbox row → event. The row's id is the event's id, so publishing twice starts one run (dedupe: 24 h).
import {
  findOutboxRow,
  leaseOutboxRows,
  markPublished,
  type OutboxEvent,
  releaseOutboxRows,
} from "../db/outbox";
import type { OutboxRow } from "../db/schema";
import { type CircuitBreaker, createCircuitBreaker } from "../domain/circuit-breaker";
import type { Services } from "../domain/services";
import { causeOf } from "../domain/tracing";
import { askEngine, EngineAnswerError, firstFailure, inngest } from "./client";
import { createGathering, type Gathering } from "./gather";

/** A person waits for this; whatever the engine does, it is not waited for longer (promise P1). */
export const PUBLISH_LIMIT_MS = 250;

const ENGINE_AWAY = "Connection refused";
/** Nobody knows yet whether the engine has it. */
export const LATE = "Timed out";
const DATABASE_AWAY = "The database did not answer";
const BREAKER = { failuresToOpen: 2, openMs: 5_000 };

/** Calls of those who register, under way at once, and the most events of one: what it takes to write them is little. */
const TOGETHER = { atOnce: 2, sizeMax: 50 };

type Engine = { breaker: CircuitBreaker; together: Gathering<Waiting> };

const shared = globalThis as typeof globalThis & { latchkeyEngine?: Engine };

/** What this process knows of the engine's health, and the way to it; shared by Next's bundles. */
export function engine(services: Services): Engine {
  shared.latchkeyEngine ??= {
    breaker: createCircuitBreaker(BREAKER, (from, to) =>
      services.log.warn({ breaker: to, from }, `Circuit breaker of the engine: ${to}`),
    ),
    together: createGathering({
      ...TOGETHER,
      slotMs: PUBLISH_LIMIT_MS,
      isWanted: ({ isGivenUp }) => !isGivenUp,
      send: publishTogether,
    }),
  };
  return shared.latchkeyEngine;
}

export type Publication = { published: true } | { published: false; error: string };

async function send({ tracing }: Services, rows: OutboxEvent[]): Promise<void> {
  const sendAll = async () => {
    await inngest().send(
      rows.map((row) => ({ id: row.id, name: row.name, data: row.data, ts: row.createdAt.getTime() })),
    );
  };
  // One call may be a part of many traces: a span in each, the next one inside of it.
  const asPartOf = (inner: () => Promise<void>, row: OutboxEvent) => {
    const cause = causeOf(row.data);
    if (cause === null) return inner;
    const facts = { "latchkey.event.id": row.id, "latchkey.event.name": row.name };
    return () => tracing.span(`publish ${row.name}`, { kind: "producer", cause, facts }, inner);
  };
  await rows.reduce(asPartOf, sendAll)();
}

/** One event that somebody waits for. */
type Waiting = {
  services: Services;
  row: OutboxEvent;
  settle: (publication: Publication) => void;
  /** Tells the breaker how the call of this event went, once for all in it; null before it was begun. */
  judge: ((isWell: boolean) => void) | null;
  /** Whoever waited has gone on: the relay publishes it. */
  isGivenUp: boolean;
};

/**
 * Publishes one row within `limitMs`, by its id, or as it was just written; in a rush together with others. Never throws:
 * the row is safe in the outbox, and a publication that comes through later is still recorded. The breaker hears of what
 * the engine did, in time or not, and of nothing else. `isCrowded`: late is not away then; the relay finds out.
 */
export async function publishNow(
  services: Services,
  written: string | OutboxEvent,
  {
    limitMs = PUBLISH_LIMIT_MS,
    isCrowded = false,
  }: { limitMs?: number | undefined; isCrowded?: boolean } = {},
): Promise<Publication> {
  const outboxId = typeof written === "string" ? written : written.id;
  const { breaker, together } = engine(services);
  if (!breaker.mayCall(services.clock())) return { published: false, error: ENGINE_AWAY };
  let mine: Waiting | undefined;
  const publish = async (): Promise<Publication> => {
    const row = typeof written === "string" ? await findUnpublished(services, written) : written;
    if (row === "unknown") return { published: false, error: DATABASE_AWAY };
    if (!row) return { published: true };
    return new Promise((settle) => {
      mine = { services, row, settle, judge: null, isGivenUp: false };
      together.add(mine);
    });
  };
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Publication>((resolve) => {
    // A process that was busy itself finds the answer among what it has not read yet.
    const giveUp = () => setImmediate(() => resolve({ published: false, error: LATE }));
    timer = setTimeout(() => setImmediate(giveUp), limitMs);
  });
  const publication = await Promise.race([publish(), limit]);
  clearTimeout(timer);
  if (publication.published || !mine) return publication;
  mine.isGivenUp = true;
  if (!(isCrowded && publication.error === LATE)) mine.judge?.(false);
  services.log.warn(
    { outboxId, error: publication.error },
    "The engine did not take an event; it waits in the outbox",
  );
  return publication;
}

/** One call for events that somebody waits for. Never rejects. */
async function publishTogether(waiting: Waiting[]): Promise<void> {
  const [first] = waiting;
  if (!first) return;
  const { services } = first;
  const { breaker } = engine(services);
  let isJudged = false;
  const judge = (isWell: boolean) => {
    if (isJudged) return;
    isJudged = true;
    if (isWell) breaker.succeeded(services.clock());
    else breaker.failed(services.clock());
  };
  for (const one of waiting) one.judge = judge;
  const ids = waiting.map(({ row }) => row.id);
  // An engine that refuses an event is there, and takes the next one. Which of several it was shows one by one.
  const isOneRefused = (error: unknown) => isRefusal(error) && waiting.length > 1;
  const hear = (error: unknown) => {
    if (isOneRefused(error)) return;
    if (isRefusal(error)) judge(true);
    for (const one of waiting) one.settle({ published: false, error: describeEngineError(error) });
  };
  try {
    await sendOrHearRefusal(
      services,
      waiting.map(({ row }) => row),
      hear,
    );
  } catch (error) {
    hear(error);
    if (isOneRefused(error)) for (const one of waiting) await publishTogether([one]);
    return;
  }
  judge(true);
  // A row that is not marked is published once more, and the engine drops the second event by its id.
  await markPublished(services.db, ids, services.clock()).catch((error: unknown) =>
    services.log.warn(
      { err: error, outboxIds: ids },
      "Published events could not be marked; the relay publishes them again",
    ),
  );
  for (const one of waiting) one.settle({ published: true });
}

/** Null for a row that is published, or gone. */
async function findUnpublished(
  { db, log }: Services,
  outboxId: string,
): Promise<OutboxEvent | "unknown" | null> {
  try {
    const row = await findOutboxRow(db, outboxId);
    return row?.publishedAt === null ? row : null;
  } catch (error) {
    log.warn({ err: error, outboxId }, "The outbox could not be read; the event waits in it");
    return "unknown";
  }
}

const BATCH_SIZE = 100;
const BATCH_LEASE_SECONDS = 30;
/** A batch may take longer than one event; an engine that needs more than this, or for none, would keep people waiting. */
const BATCH_WELL_MS = 1_000;

/** Rows one by one are not begun after this much of their lease. */
const SINGLY_MS = 20_000;
/** An event that is refused is tried again after a minute, two, four, at last every hour: a new version may send it otherwise. */
const REFUSED_SECONDS = { first: 60, max: 3_600 };

export type Relayed = {
  published: number;
  /** What the engine did not take. */
  failed: number;
  /** It took nothing, or nothing more: rows stay where they are, for the next try, oldest first. */
  isEngineAway: boolean;
};

/**
 * Publishes what waits, `atMost` rows of it, oldest first. `onFailure` hears why rows did not go out. An event that the
 * engine refuses is set aside for a while, and keeps nobody else waiting. An engine that is away puts nothing back in
 * the queue: whoever calls this waits, not single rows.
 */
export async function relayOutbox(
  services: Services,
  onFailure: (error: unknown) => void = () => {},
  atMost = BATCH_SIZE,
): Promise<Relayed> {
  const rows = await leaseOutboxRows(services.db, Math.min(atMost, BATCH_SIZE), BATCH_LEASE_SECONDS);
  const result = { published: 0, failed: 0, isEngineAway: false };
  if (rows.length === 0) return result;
  const count = (outcome: BatchOutcome, events: number) => {
    if (outcome === "published") result.published += events;
    else result.failed += events;
    result.isEngineAway ||= outcome === "away";
  };
  const first = await relayBatch(services, rows, onFailure);
  if (first !== "refused" || rows.length === 1) {
    count(first, rows.length);
    return result;
  }
  const deadlineMs = performance.now() + SINGLY_MS;
  const waiting = [...rows];
  for (let row = waiting.shift(); row; row = waiting.shift()) {
    const outcome = await relayBatch(services, [row], onFailure);
    count(outcome, 1);
    if (outcome === "away" || performance.now() > deadlineMs) break;
  }
  result.failed += waiting.length;
  await release(services, waiting, 0);
  return result;
}

/**
 * While the engine is thought to be away: finds out whether it still is, at the times that the breaker allows. For a
 * process where nobody registers and nothing waits, which would not hear that it is back.
 */
export async function probeEngine(services: Services): Promise<void> {
  const { breaker } = engine(services);
  if (breaker.state(services.clock()) === "closed" || !breaker.mayCall(services.clock())) return;
  const startedAt = performance.now();
  const isTaking = await askEngine().catch(() => false);
  if (isTaking && performance.now() - startedAt <= BATCH_WELL_MS) breaker.succeeded(services.clock());
  else breaker.failed(services.clock());
}

type BatchOutcome = "published" | "away" | "refused";

/** Sends rows and writes down how that went, but for several that are refused together: nobody knows which of them is. */
async function relayBatch(
  services: Services,
  rows: OutboxRow[],
  onFailure: (error: unknown) => void,
): Promise<BatchOutcome> {
  const { breaker } = engine(services);
  const startedAt = performance.now();
  const tries = Math.min(...rows.map((row) => row.tries));
  try {
    await sendOrHearRefusal(services, rows);
  } catch (error) {
    const facts = { waiting: rows.length, error: describeEngineError(error) };
    if (!isRefusal(error)) {
      breaker.failed(services.clock());
      onFailure(error);
      await release(services, rows, 0);
      services.log.warn(facts, "The engine is away; events wait in the outbox");
      return "away";
    }
    const [only, ...others] = rows;
    if (only && others.length === 0) {
      onFailure(error);
      await release(services, rows, Math.min(REFUSED_SECONDS.first * 2 ** (tries - 1), REFUSED_SECONDS.max));
      services.log.error(
        { outboxId: only.id, event: only.name, tries, status: error.status },
        "The engine refuses an event; it is set aside, and tried again later",
      );
    }
    return "refused";
  }
  // The relay is the one that keeps asking; its success lets the registrations publish again, unless they would wait.
  if (performance.now() - startedAt <= BATCH_WELL_MS) breaker.succeeded(services.clock());
  await markPublished(
    services.db,
    rows.map((row) => row.id),
    services.clock(),
  );
  return "published";
}

/** As `send`; a refusal is heard at once, while the SDK tries four times more. `hear`: of the first failure, whatever it is. */
function sendOrHearRefusal(
  services: Services,
  rows: OutboxEvent[],
  hear: (error: unknown) => void = () => {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const hearFirst = (error: unknown) => {
      hear(error);
      if (isRefusal(error)) reject(error);
    };
    firstFailure.run(hearFirst, () => send(services, rows)).then(resolve, reject);
  });
}

function release(services: Services, rows: OutboxRow[], waitSeconds: number): Promise<void> {
  return releaseOutboxRows(
    services.db,
    rows.map((row) => row.id),
    waitSeconds,
  );
}

/** What an engine answers to events that it will never take. Other 4xx are about our keys, or about too many at once. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);

function isRefusal(error: unknown): error is EngineAnswerError {
  return error instanceof EngineAnswerError && REFUSALS.has(error.status);
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

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
import { createListening, type ListenedCall, type Listening } from "../domain/listening";
import type { Services } from "../domain/services";
import { askEngine } from "./client";
import { createGathering, type Gathering } from "./gather";
import { describeEngineError, isRefusal, LATE, sendOrHearRefusal } from "./send-events";

/** A person waits for this; whatever the engine does, it is not waited for longer (promise P1). */
export const PUBLISH_LIMIT_MS = 250;

const ENGINE_AWAY = "Connection refused";
const DATABASE_AWAY = "The database did not answer";
const BREAKER = { failuresToOpen: 2, openMs: 5_000 };
/** In a crowd an engine is late because we are; one that has owed every answer for so long is away. */
const SILENT_IN_CROWD_MS = 1_000;

/** Calls of those who register, under way at once, and the most events of one: what it takes to write them is little. */
const TOGETHER = { atOnce: 2, sizeMax: 50 };

type Engine = { breaker: CircuitBreaker; listening: Listening; together: Gathering<Waiting> };

const shared = globalThis as typeof globalThis & { latchkeyEngine?: Engine };

/** What this process knows of the engine's health, and the way to it; shared by Next's bundles. */
export function engine(services: Services): Engine {
  shared.latchkeyEngine ??= {
    breaker: createCircuitBreaker(BREAKER, (from, to) =>
      services.log.warn({ breaker: to, from }, `Circuit breaker of the engine: ${to}`),
    ),
    listening: createListening(),
    together: createGathering({
      ...TOGETHER,
      slotMs: PUBLISH_LIMIT_MS,
      isWanted: ({ isGivenUp }) => !isGivenUp,
      send: publishTogether,
    }),
  };
  return shared.latchkeyEngine;
}

export type Publication =
  | { published: true }
  /** `hasComeThrough`: whether the call, which nobody waits for any more, did in the meantime. */
  | { published: false; error: string; hasComeThrough?: () => boolean };

/** One event that somebody waits for. */
type Waiting = {
  services: Services;
  row: OutboxEvent;
  settle: (publication: Publication) => void;
  /** The call of this event; null before it was begun. */
  call: JudgedCall | null;
  /** Whoever waited has gone on: the relay publishes it. */
  isGivenUp: boolean;
};

/** `judge` tells the breaker how the call went, once for all events in it. */
type JudgedCall = ListenedCall & { judge(isWell: boolean): void };

function beginCall(services: Services): JudgedCall {
  const { breaker, listening } = engine(services);
  let isJudged = false;
  const judge = (isWell: boolean) => {
    if (isJudged) return;
    isJudged = true;
    if (isWell) breaker.succeeded(services.clock());
    else breaker.failed(services.clock());
  };
  return { ...listening.begin(services.clock()), judge };
}

/** Late says that the engine is away when nothing else has come from it either; in a crowd, for a while. */
function judgeLate(services: Services, call: JudgedCall, isCrowded: boolean): void {
  const silentMs = call.silentMs(services.clock());
  if (silentMs !== null && silentMs >= (isCrowded ? SILENT_IN_CROWD_MS : 0)) call.judge(false);
}

/**
 * Publishes one row within `limitMs`, by its id, or as it was just written; in a rush together with others. Never throws:
 * the row is safe in the outbox, and a publication that comes through later is still recorded. The breaker hears of what
 * the engine did, in time or not, and of nothing else. `isCrowded`: so many people wait that late alone is not away.
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
  let hasComeThrough = false;
  const publish = async (): Promise<Publication> => {
    const row = typeof written === "string" ? await findUnpublished(services, written) : written;
    if (row === "unknown") return { published: false, error: DATABASE_AWAY };
    if (!row) return { published: true };
    return new Promise((resolve) => {
      const settle = (settled: Publication) => {
        hasComeThrough = settled.published;
        resolve(settled);
      };
      mine = { services, row, settle, call: null, isGivenUp: false };
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
  if (mine.call && publication.error === LATE) judgeLate(services, mine.call, isCrowded);
  services.log.warn(
    { outboxId, error: publication.error },
    "The engine did not take an event; it waits in the outbox",
  );
  return { ...publication, hasComeThrough: () => hasComeThrough };
}

/** One call for events that somebody waits for. Never rejects. */
async function publishTogether(waiting: Waiting[]): Promise<void> {
  const [first] = waiting;
  if (!first) return;
  const { services } = first;
  const call = beginCall(services);
  for (const one of waiting) one.call = call;
  const ids = waiting.map(({ row }) => row.id);
  // An engine that refuses an event is there, and takes the next one. Which of several it was shows one by one.
  const isOneRefused = (error: unknown) => isRefusal(error) && waiting.length > 1;
  const hear = (error: unknown) => {
    if (isOneRefused(error)) return;
    const reason = describeEngineError(error);
    if (isRefusal(error)) call.judge(true);
    else if (reason === LATE) judgeLate(services, call, false);
    else call.judge(false);
    for (const one of waiting) one.settle({ published: false, error: reason });
  };
  try {
    await sendOrHearRefusal(
      services,
      waiting.map(({ row }) => row),
      call,
      hear,
    );
  } catch (error) {
    hear(error);
    if (isOneRefused(error)) for (const one of waiting) await publishTogether([one]);
    return;
  }
  call.judge(true);
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
  const { breaker, listening } = engine(services);
  const startedAt = performance.now();
  const tries = Math.min(...rows.map((row) => row.tries));
  try {
    await sendOrHearRefusal(services, rows, listening.begin(services.clock()));
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

function release(services: Services, rows: OutboxRow[], waitSeconds: number): Promise<void> {
  return releaseOutboxRows(
    services.db,
    rows.map((row) => row.id),
    waitSeconds,
  );
}

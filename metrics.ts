// The metrics of this process, by Prometheus' own conventions for names and units (prometheus.io/docs/practices/naming).
// What the process does is counted as it happens; what the database knows is put in at each scrape. Labels take values
// from short lists only: never an address, an id or what somebody typed.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { BreakerState } from "./domain/circuit-breaker";
import type { Meter } from "./domain/meter";
import type { SendingFigures } from "./domain/sending-figures";

export type Metrics = {
  /** For the rules (domain/meter.ts). */
  meter: Meter;
  /** `status`: the answer's, or `cut_off` when the client went away first. */
  answered(route: string, status: string, seconds: number): void;
  /** `figures` null: the database could not be asked, and what it knows is left out rather than shown old. */
  show(figures: SendingFigures | null, breakers: Record<string, BreakerState | null>): void;
  /** Adds Node's own: processor, memory, event loop, garbage collection. */
  watchProcess(): void;
  /** Prometheus' text format, and its media type. */
  text(): Promise<string>;
  readonly contentType: string;
  /** For the test that holds docs/alerts.yml and docs/grafana.json to it. */
  names(): string[];
};

/** Around the promise of a second (DESIGN.md P1). */
const ANSWER_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** From an engine that is on time to the end of the schedule of retries. */
const ACCEPTANCE_BUCKETS = [0.02, 0.05, 0.12, 0.25, 0.5, 1, 2.5, 5, 15, 60, 180, 420, 900, 1800, 3600];
const BREAKER_STATES: readonly BreakerState[] = ["closed", "half_open", "open"];
const NONE = "none";

/** A registry of its own for each call: processes have one, tests as many as they like. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name, help, labelNames, registers });

  const registrations = new Counter({
    name: "latchkey_registrations_total",
    help: "Registrations that this process answered, by how they ended",
    labelNames: ["outcome"],
    registers,
  });
  const answers = new Histogram({
    name: "latchkey_answer_seconds",
    help: "From a request's arrival to the end of its answer, event streams left out",
    labelNames: ["route", "status"],
    buckets: ANSWER_BUCKETS,
    registers,
  });
  const limitHits = new Counter({
    name: "latchkey_limit_hits_total",
    help: "Requests that this process refused by a limit of domain/limits.ts",
    labelNames: ["limit"],
    registers,
  });
  const acceptance = new Histogram({
    name: "latchkey_acceptance_delay_seconds",
    help: "From when a mail's first attempt was due to its acceptance by a provider, retries included",
    buckets: ACCEPTANCE_BUCKETS,
    registers,
  });
  const breaker = gauge("latchkey_breaker_state", "1 for the state that a circuit breaker is in", [
    "breaker",
    "state",
  ]);
  const databaseUp = gauge("latchkey_database_up", "Whether the database answered this scrape");
  const queue = gauge("latchkey_queue_deliveries", "Mails that are not settled (counted up to 100,000)", [
    "state",
  ]);
  const oldest = gauge("latchkey_queue_oldest_seconds", "Since the oldest mail that is not sent was queued");
  const overdue = gauge("latchkey_queue_overdue_seconds", "Since the earliest planned attempt was due");
  const outbox = gauge(
    "latchkey_outbox_events",
    "Events that the engine has not got yet (counted up to 100,000)",
  );
  const outboxOldest = gauge(
    "latchkey_outbox_oldest_seconds",
    "Since the oldest of these events was written",
  );
  const deliveries = gauge(
    "latchkey_recent_deliveries",
    "Mails queued within the last hour (the newest 20,000), by state, newest provider and newest error class",
    ["state", "provider", "error_class"],
  );
  const attempts = gauge(
    "latchkey_recent_attempts",
    "Attempts at these mails, by provider, outcome and error class",
    ["provider", "outcome", "error_class"],
  );
  const webhooks = gauge(
    "latchkey_recent_webhooks",
    "Webhooks of ours that wait, and that were settled within the last hour, by state",
    ["state"],
  );
  const webhooksOverdue = gauge(
    "latchkey_webhooks_overdue_seconds",
    "Since the earliest planned attempt at a webhook was due",
  );
  const canaryThrough = gauge(
    "latchkey_canary_last_success_timestamp_seconds",
    "When the newest registration of the canary began that came through; 0 when none has within a day",
  );
  const canaryAcceptance = gauge(
    "latchkey_canary_acceptance_seconds",
    "From the canary's newest registration to a provider's acceptance of its mail; not there when it failed",
  );
  const cutShort = gauge("latchkey_recent_cut_short", "1 when the last hour had more mails than are counted");

  function showFigures(figures: SendingFigures): void {
    for (const { status, count } of figures.waiting) queue.set({ state: status }, count);
    oldest.set(figures.oldestWaitSeconds);
    overdue.set(figures.overdueSeconds);
    outbox.set(figures.outboxCount);
    outboxOldest.set(figures.outboxWaitSeconds);
    for (const { status, provider, errorClass, count } of figures.deliveries)
      deliveries.set({ state: status, provider: provider ?? NONE, error_class: errorClass ?? NONE }, count);
    for (const { provider, outcome, errorClass, count } of figures.attempts)
      attempts.set({ provider, outcome: outcome ?? "under_way", error_class: errorClass ?? NONE }, count);
    cutShort.set(figures.isCutShort ? 1 : 0);
    for (const { status, count } of figures.webhooks.counts) webhooks.set({ state: status }, count);
    webhooksOverdue.set(figures.webhooks.overdueSeconds);
    if (!figures.canary) return;
    canaryThrough.set((figures.canary.lastThroughAt?.getTime() ?? 0) / 1000);
    const acceptedAfterMs = figures.canary.last?.acceptedAfterMs ?? null;
    if (acceptedAfterMs !== null) canaryAcceptance.set(acceptedAfterMs / 1000);
  }

  return {
    meter: {
      registration: (outcome) => registrations.inc({ outcome }),
      limitHit: (limit) => limitHits.inc({ limit }),
      accepted: (lateSeconds) => acceptance.observe(lateSeconds),
    },
    answered: (route, status, seconds) => answers.observe({ route, status }, seconds),
    show(figures, breakers) {
      // Taken away first: what none is in any more must not stay. reset() would show those without labels as 0.
      for (const metric of [queue, deliveries, attempts, webhooks, breaker]) metric.reset();
      const ofDatabase = [oldest, overdue, outbox, outboxOldest, cutShort, webhooksOverdue];
      for (const metric of [...ofDatabase, canaryThrough, canaryAcceptance]) metric.remove();
      databaseUp.set(figures ? 1 : 0);
      if (figures) showFigures(figures);
      for (const [name, now] of Object.entries(breakers))
        for (const state of BREAKER_STATES)
          if (now !== null) breaker.set({ breaker: name, state }, state === now ? 1 : 0);
    },
    watchProcess: () => collectDefaultMetrics({ register: registry }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    names: () => registry.getMetricsAsArray().map(({ name }) => name),
  };
}

import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { LIMITS } from "@/domain/limits";
import type { SendingFigures } from "@/domain/sending-figures";
import { createMetrics } from "@/metrics";

const DOCS = path.resolve(import.meta.dirname, "../../docs");
const read = (name: string) => readFileSync(path.join(DOCS, name), "utf8");

const figures: SendingFigures = {
  waiting: [{ status: "queued", count: 3 }],
  oldestWaitSeconds: 12,
  overdueSeconds: 0,
  outboxCount: 1,
  outboxWaitSeconds: 2,
  deliveries: [
    { status: "sent", provider: "resend", errorClass: null, count: 5 },
    { status: "queued", provider: null, errorClass: null, count: 3 },
  ],
  attempts: [{ provider: "resend", outcome: null, errorClass: null, count: 1 }],
  isCutShort: false,
  webhooks: { counts: [{ status: "failed", count: 2 }], overdueSeconds: 7 },
  canary: null,
};

const canary: NonNullable<SendingFigures["canary"]> = {
  last: { startedAt: new Date(2_000_000), acceptedAfterMs: 2_150, answeredMs: 80, reason: null },
  lastThroughAt: new Date(2_000_000),
  lastDay: { runs: 1, through: 1, slowestMs: 2_150 },
};

describe("the metrics", () => {
  test("show what happened in the process, in Prometheus' text format", async () => {
    const metrics = createMetrics();
    metrics.meter.registration("registered");
    metrics.meter.registration("registered");
    metrics.meter.limitHit("registrations-per-network");
    metrics.meter.accepted(0.03);
    metrics.answered("/api/v1/usr/register", "201", 0.4);
    const text = await metrics.text();
    expect(text).toContain('latchkey_registrations_total{outcome="registered"} 2');
    expect(text).toContain('latchkey_limit_hits_total{limit="registrations-per-network"} 1');
    expect(text).toContain('latchkey_acceptance_delay_seconds_bucket{le="0.02"} 0');
    expect(text).toContain('latchkey_acceptance_delay_seconds_bucket{le="0.05"} 1');
    expect(text).toMatch(
      /latchkey_answer_seconds_bucket\{le="0.5",route="\/api\/v1\/usr\/register",status="201"\} 1/,
    );
    expect(metrics.contentType).toMatch(/^text\/plain/);
  });

  test("show what the database said last, and nothing of what it said before", async () => {
    const metrics = createMetrics();
    metrics.show(figures, { engine: "open", mail_provider: null });
    const first = await metrics.text();
    expect(first).toContain('latchkey_queue_deliveries{state="queued"} 3');
    expect(first).toContain(
      'latchkey_recent_deliveries{state="queued",provider="none",error_class="none"} 3',
    );
    expect(first).toContain(
      'latchkey_recent_attempts{provider="resend",outcome="under_way",error_class="none"} 1',
    );
    expect(first).toContain('latchkey_breaker_state{breaker="engine",state="open"} 1');
    expect(first).toContain('latchkey_breaker_state{breaker="engine",state="closed"} 0');
    expect(first).not.toContain("mail_provider");
    metrics.show({ ...figures, deliveries: [] }, { engine: "closed" });
    const second = await metrics.text();
    expect(second).not.toContain("latchkey_recent_deliveries{");
    expect(second).toContain('latchkey_breaker_state{breaker="engine",state="open"} 0');
  });

  test("tell of webhooks by state, and of the canary when it last came through and how long that took", async () => {
    const metrics = createMetrics();
    metrics.show({ ...figures, canary }, { engine: "closed" });
    const through = await metrics.text();
    expect(through).toContain('latchkey_recent_webhooks{state="failed"} 2');
    expect(through).toContain("latchkey_webhooks_overdue_seconds 7");
    expect(through).toContain("latchkey_canary_last_success_timestamp_seconds 2000");
    expect(through).toContain("latchkey_canary_acceptance_seconds 2.15");
    const last = { ...canary.last, acceptedAfterMs: null, reason: "not_in_time" } as typeof canary.last;
    metrics.show({ ...figures, canary: { ...canary, last, lastThroughAt: null } }, { engine: "closed" });
    const failed = await metrics.text();
    expect(failed).toContain("latchkey_canary_last_success_timestamp_seconds 0");
    expect(failed).not.toMatch(/^latchkey_canary_acceptance_seconds /m);
  });

  test("say nothing of a canary where there is none: its alert must not fire there", async () => {
    const metrics = createMetrics();
    metrics.show(figures, { engine: "closed" });
    expect(await metrics.text()).not.toMatch(/^latchkey_canary_last_success_timestamp_seconds /m);
  });

  test("leave out what the database knows while it is away, instead of showing it as 0", async () => {
    const metrics = createMetrics();
    metrics.show(figures, { engine: "closed" });
    metrics.show(null, { engine: "closed" });
    const text = await metrics.text();
    expect(text).toContain("latchkey_database_up 0");
    for (const name of ["queue_deliveries", "queue_oldest_seconds", "outbox_events", "recent_attempts"])
      expect(text).not.toMatch(new RegExp(`^latchkey_${name}[ {]`, "m"));
  });
});

/** What a histogram is made of has names of its own. */
const PARTS = /_(bucket|sum|count)$/;

describe("alert rules and dashboard", () => {
  const metrics = createMetrics();
  metrics.watchProcess();
  const names = new Set(metrics.names());

  test.each(["alerts.yml", "grafana.json"])("docs/%s names only metrics that are there", (file) => {
    const used = new Set(read(file).match(/\b(?:latchkey|nodejs|process)_[a-z0-9_]+/g) ?? []);
    expect(used.size).toBeGreaterThan(6);
    const unknown = [...used].filter((name) => !names.has(name) && !names.has(name.replace(PARTS, "")));
    expect(unknown).toEqual([]);
  });

  test("docs/grafana.json is JSON, and each of its panels asks something", () => {
    const { panels } = JSON.parse(read("grafana.json")) as {
      panels: { id: number; title: string; targets: { expr: string }[] }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, targets } of panels) {
      expect(targets.length, title).toBeGreaterThan(0);
      for (const { expr } of targets) expect(expr, title).toMatch(/[a-z]+_[a-z_]+/);
    }
  });

  test("every metric of ours is on the dashboard or has an alert", () => {
    const shown = `${read("alerts.yml")}${read("grafana.json")}`;
    const ours = createMetrics().names();
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.filter((name) => !shown.includes(name) && name !== "latchkey_recent_cut_short")).toEqual([]);
  });

  test("an alert about a limit names one of limits.ts", () => {
    const known: string[] = Object.values(LIMITS).map(({ name }) => name);
    const named = [...read("alerts.yml").matchAll(/limit="([^"]+)"/g)].flatMap((match) => match[1] ?? []);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});

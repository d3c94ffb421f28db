// The result of a run, as numbers, as JSON and as a table for people. Pure.
import { type Facts, listOvertaking } from "./facts";
import { FINDING_KINDS, type Finding, type FindingKind } from "./findings";
import type { Injected } from "./inject";
import type { Options } from "./options";
import type { Verdict } from "./verdict";

export type Result = {
  ok: boolean;
  seed: string;
  people: number;
  transport: Options["transport"];
  answered: number;
  not_answered: { cut: number; taken: number; turned_away: number };
  lost: number;
  doubled: number;
  wrong_states: number;
  shared_leases: number;
  orphaned_leases: number;
  half_written: number;
  wrong_answers: number;
  late_mails: number;
  dead_codes: number;
  processes_ended: number;
  /** What people did after registering. `welcomed`: accounts whose mail of welcome reached them. */
  acts: { confirmed: number; resent: number; codes_tried: number; overtaking: number; welcomed: number };
  /** Milliseconds, of the 201s. Null when there was none. */
  answers_ms: { p50: number; p99: number; max: number } | null;
  /** Of the answers, the slowest, with the second in which they were asked for: to be held against the timeline. */
  slowest: { asked_at: number; ms: number; username: string }[];
  /** What was broken when, in seconds after the start. */
  timeline: { at: number; kind: string; down: number }[];
  faults: { processes: Record<string, number>; mail: Record<string, number> };
  recoveries: {
    /** By part: how often it was started again, and the longest time until it was ready. */
    restarts: Record<string, { count: number; longest_ms: number }>;
    /** Attempts whose worker died; somebody else took their delivery over. */
    attempts_taken_over: number;
    /** Attempts that the provider answered with the mail it had. */
    attempts_deduplicated: number;
    /** Attempts that failed with the provider perhaps having the mail. */
    attempts_ambiguous: number;
    /** Events that went to the engine from the outbox, later. */
    events_relayed: number;
    /** Answers 503 while the database was away; these people came again. */
    answers_503: number;
  };
  deliveries: Record<string, number>;
  attempts: number;
  mails: number;
  unavoidable: {
    extra_mails: number;
    doubled_deliveries: number;
    failed_though_delivered: number;
  };
  /** Everything came to an end within the time limit. */
  settled: boolean;
  clock_moved_seconds: number;
  took_seconds: number;
  checks: { name: string; ok: boolean; found: number }[];
  findings: Finding[];
};

const CHECKS: Record<FindingKind, string> = {
  lost: "what was answered is there: the account, its mail or six attempts and a reason, the confirmation",
  doubled: "no delivery reached the inbox twice",
  wrong_state: "every row says what the inbox knows, and nothing is left open",
  shared_lease: "no delivery was in the hands of two workers at once",
  orphaned_lease: "no lease outlived its worker",
  half_written: "every account is whole: user, code, delivery and event, and a welcome if it is confirmed",
  late_mail: "nobody got a code after confirming",
  dead_code: "the codes of the last two mails work",
  wrong_answer: "every answer was good, or 503 with the time to come back",
  process_ended: "no process ended that nobody killed",
};

/** docs/decisions/010-what-smtp-cannot-promise.md */
const DOUBLED_BY_SMTP =
  "no delivery reached the inbox twice without a lost reply, or a lost worker, to explain it";

export type Measured = {
  options: Options;
  facts: Facts;
  verdict: Verdict;
  injected: Injected;
  mailFaults: Record<string, number>;
  unavailable: number;
  settling: { isSettled: boolean; movedMs: number };
  tookMs: number;
};

const SLOWEST_SHOWN = 10;

export function summarize(measured: Measured): Result {
  const { options, facts, verdict, injected, settling } = measured;
  const found = (kind: FindingKind) => verdict.findings.filter((finding) => finding.kind === kind).length;
  const outcomes = countBy(facts.registrations.map((fact) => fact.outcome));
  const ended = countBy(facts.attempts.map((attempt) => attempt.outcome ?? "open"));
  const codesTried = facts.codes.accepted.length + facts.codes.refused.length;
  const resent = facts.acts.filter(({ kind, outcome }) => kind === "resend" && outcome === "done").length;
  const overtaking = listOvertaking(facts).length;
  const checks = [
    ...FINDING_KINDS.map((kind) => ({
      name: kind === "doubled" && options.transport === "smtp" ? DOUBLED_BY_SMTP : CHECKS[kind],
      ok: found(kind) === 0,
      found: found(kind),
    })),
    { name: "everything came to an end", ok: settling.isSettled, found: settling.isSettled ? 0 : 1 },
    {
      name: "everybody's registration was seen through",
      ok: facts.registrations.length === options.people,
      found: options.people - facts.registrations.length,
    },
    {
      name: "enough people were answered for this to prove something",
      ok: hasProved(outcomes.answered ?? 0, options.people),
      found: outcomes.answered ?? 0,
    },
    {
      name: "some of those who had asked again typed a code in the end",
      ok: codesTried > 0 || resent < FEW,
      found: codesTried,
    },
    {
      name: "some confirmed with another mail on its way",
      ok: overtaking > 0 || resent < FEW || codesTried < 2,
      found: overtaking,
    },
  ];
  return {
    ok: checks.every((check) => check.ok),
    seed: options.seed,
    people: options.people,
    transport: options.transport,
    answered: outcomes.answered ?? 0,
    not_answered: {
      cut: outcomes.cut ?? 0,
      taken: outcomes.taken ?? 0,
      turned_away: outcomes.turned_away ?? 0,
    },
    lost: found("lost"),
    doubled: found("doubled"),
    wrong_states: found("wrong_state"),
    shared_leases: found("shared_lease"),
    orphaned_leases: found("orphaned_lease"),
    half_written: found("half_written"),
    wrong_answers: found("wrong_answer"),
    late_mails: found("late_mail"),
    dead_codes: found("dead_code"),
    processes_ended: found("process_ended"),
    acts: {
      confirmed: facts.acts.filter(({ kind, outcome }) => kind === "confirm" && outcome === "done").length,
      resent,
      codes_tried: codesTried,
      overtaking,
      welcomed: countWelcomed(facts),
    },
    answers_ms: describeAnswers(facts.registrations.flatMap((fact) => fact.answerMs ?? [])),
    slowest: facts.registrations
      .flatMap(({ username, answerMs, askedAtMs }) =>
        answerMs === null ? [] : [{ asked_at: askedAtMs / 1000, ms: Math.round(answerMs), username }],
      )
      .sort((a, b) => b.ms - a.ms)
      .slice(0, SLOWEST_SHOWN),
    timeline: injected.faults.map(({ kind, atMs, downMs }) => ({
      at: atMs / 1000,
      kind,
      down: downMs / 1000,
    })),
    faults: { processes: countBy(injected.faults.map((fault) => fault.kind)), mail: measured.mailFaults },
    recoveries: {
      restarts: describeRestarts(injected),
      attempts_taken_over: ended.lost ?? 0,
      attempts_deduplicated: ended.deduplicated ?? 0,
      attempts_ambiguous: facts.attempts.filter((attempt) => attempt.errorClass === "ambiguous").length,
      events_relayed: facts.events.filter((event) => event.tries > 0).length,
      answers_503: measured.unavailable,
    },
    deliveries: countBy(facts.deliveries.map((delivery) => delivery.status)),
    attempts: facts.attempts.length,
    mails: facts.mails.length,
    unavoidable: {
      extra_mails: verdict.unavoidable.extraMails,
      doubled_deliveries: verdict.unavoidable.doubledDeliveries,
      failed_though_delivered: verdict.unavoidable.failedThoughDelivered,
    },
    settled: settling.isSettled,
    clock_moved_seconds: Math.round(settling.movedMs / 1000),
    took_seconds: Math.round(measured.tookMs / 1000),
    checks,
    findings: verdict.findings,
  };
}

/** A run in which hardly anybody got through has not tried the product. */
const hasProved = (answered: number, people: number) => answered >= people / 3;

/** So few may all be without a mail, each having failed six times. */
const FEW = 3;

/** Nearest rank: the smallest value that so many percent of all are not above. */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

function describeAnswers(answers: readonly number[]): Result["answers_ms"] {
  if (answers.length === 0) return null;
  const sorted = [...answers].sort((a, b) => a - b);
  const at = (percent: number) => Math.round(percentile(sorted, percent));
  return { p50: at(50), p99: at(99), max: at(100) };
}

function describeRestarts({ recoveries }: Injected): Result["recoveries"]["restarts"] {
  const restarts: Result["recoveries"]["restarts"] = {};
  for (const { part, ms } of recoveries) {
    const before = restarts[part] ?? { count: 0, longest_ms: 0 };
    restarts[part] = { count: before.count + 1, longest_ms: Math.max(before.longest_ms, ms) };
  }
  return restarts;
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

function countWelcomed({ deliveries, mails }: Facts): number {
  const arrived = new Set(mails.map((mail) => mail.deliveryId));
  return deliveries.filter(({ id, kind }) => kind === "welcome" && arrived.has(id)).length;
}

const FINDINGS_SHOWN = 30;

/** The table. */
export function formatTable(result: Result): string {
  const { not_answered: missed, recoveries, unavoidable } = result;
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name.replaceAll("_", " ")}`)
      .join(", ") || "none";
  const restarts = Object.entries(recoveries.restarts).map(
    ([part, { count, longest_ms }]) => `${part} ${count} × (at most ${(longest_ms / 1000).toFixed(1)} s)`,
  );
  const answers = result.answers_ms;
  const doubledShare = (100 * unavoidable.doubled_deliveries) / Math.max(1, sum(result.deliveries));
  const rows: [string, string][] = [
    ["registrations", `${result.people}, seed ${result.seed}, by ${result.transport}`],
    ["answered", `${result.answered}`],
    [
      "not answered",
      `${missed.cut} cut off, ${missed.taken} answered 503 and there all the same, ${missed.turned_away} turned away`,
    ],
    ["answers", answers ? `p50 ${answers.p50} ms, p99 ${answers.p99} ms, max ${answers.max} ms` : "none"],
    [
      "afterwards",
      `${result.acts.confirmed} confirmed, ${result.acts.resent} asked again, ${result.acts.codes_tried} of these typed a code in the end, ${result.acts.welcomed} welcomed; ${result.acts.overtaking} confirmed with another mail on its way`,
    ],
    ["lost", `${result.lost}`],
    ["doubled", `${result.doubled}`],
    ["wrong states", `${result.wrong_states}`],
    ["shared leases", `${result.shared_leases}`],
    ["orphaned leases", `${result.orphaned_leases}`],
    ["half written", `${result.half_written}`],
    ["wrong answers", `${result.wrong_answers}`],
    ["late mails", `${result.late_mails}`],
    ["dead codes", `${result.dead_codes}`],
    ["ended by itself", `${result.processes_ended}`],
    ["faults", list(result.faults.processes)],
    ["mail faults", list(result.faults.mail)],
    ["recoveries", restarts.join(", ") || "none"],
    [
      "",
      `${recoveries.attempts_taken_over} attempts taken over, ${recoveries.events_relayed} events relayed later, ${recoveries.answers_503} × 503`,
    ],
    ["deliveries", list(result.deliveries)],
    ["attempts", `${result.attempts}, ${recoveries.attempts_ambiguous} of them without a known end`],
    ["mails", `${result.mails}`],
    ...(result.transport === "smtp"
      ? ([
          [
            "SMTP's figure",
            `${unavoidable.doubled_deliveries} deliveries came more than once (${doubledShare.toFixed(1)} %), ${unavoidable.extra_mails} mails too many; ${unavoidable.failed_though_delivered} came and count as failed`,
          ],
        ] satisfies [string, string][])
      : []),
    [
      "time",
      `${result.took_seconds} s, and the clock moved by ${(result.clock_moved_seconds / 60).toFixed(0)} min`,
    ],
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(16)} ${value}`);
  const checks = result.checks.map(
    ({ name, ok, found }) => `  ${ok ? "✓" : "✗"} ${name}${ok ? "" : ` (${found})`}`,
  );
  const findings = result.findings
    .slice(0, FINDINGS_SHOWN)
    .map(({ kind, subject, detail }) => `  ${kind.replaceAll("_", " ")}: ${subject} ${detail}`);
  const more = result.findings.length - findings.length;
  return [
    ...lines,
    "",
    ...checks,
    ...(findings.length > 0 ? ["", ...findings] : []),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join("\n");
}

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);

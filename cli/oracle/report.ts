// What was found, as JSON and as a table for people. Pure.
import {
  type Answer,
  compareAnswers,
  type Difference,
  findImbalance,
  type Imbalance,
  nameOf,
  racingPart,
} from "./compare";
import type { LimitAnswers } from "./limits";
import type { Options } from "./options";
import { SIDES } from "./people";
import { type Answers, ARRIVALS, type Asked } from "./questions";
import { findRepeats, type Repeats, type Spans, spanOf } from "./spans";
import { type Timing, testTiming } from "./timing";

export type QuestionResult = {
  mode: string;
  question: string;
  pairs: number;
  /** Pairs whose answers differ in status, headers or body. */
  differences: number;
  /** The first of them. */
  example: Difference | null;
  /** A state of the mail that one kind shows surely more often; null when there is none. */
  imbalance: Imbalance | null;
  timing: Timing | null;
  statuses: Record<string, number>;
  /** Answers that the question is not about, by name (nameOf): how often they came. */
  unexpected: Record<string, number>;
  /** Those that it is about. */
  expected: readonly string[];
};

export type Result = {
  ok: boolean;
  seed: string;
  pairs: number;
  bound_ms: number;
  /** Whether a surely different time fails the run. */
  asserts_timing: boolean;
  took_seconds: number;
  questions: QuestionResult[];
  checks: { name: string; ok: boolean; found: string | null }[];
};

/** Judges all answers about one mode. */
export function judgeMode(mode: string, answers: Answers, boundMs: number): QuestionResult[] {
  return [...answers].map(([question, asked]) => ({
    mode,
    question,
    pairs: asked.length,
    ...compareAll(asked),
    imbalance: findImbalance(
      asked.map(({ answers: { known, unknown }, names }) => ({
        known: racingPart(known, names.known),
        unknown: racingPart(unknown, names.unknown),
      })),
    ),
    // A refusal by the way is quick, and would make the question look so.
    timing: testTiming(
      asked
        .filter((one) => SIDES.every((side) => isExpected(one, one.answers[side])))
        .map(({ answers: { known, unknown } }) => ({ known: known.ms, unknown: unknown.ms })),
      boundMs,
    ),
  }));
}

/** Whether later mails to addresses with an owner repeat the times of earlier ones; null when they do not. */
export function repeatsIn(answers: Answers): Repeats | null {
  const [first = [], later = []] = ARRIVALS.map((question) => answers.get(question));
  const both = first.flatMap((one) => {
    // Asked in another order each time; an address is its own name.
    const other = later.find(({ names }) => names.known.email === one.names.known.email);
    const spans = (side: "known" | "unknown"): Spans | null => {
      const [before, after] = [spanOf(one.answers[side]), other && spanOf(other.answers[side])];
      return before === null || after === null || after === undefined ? null : [before, after];
    };
    const [known, unknown] = [spans("known"), spans("unknown")];
    return known && unknown ? [{ known, unknown }] : [];
  });
  return findRepeats(both);
}

function compareAll(asked: readonly Asked[]) {
  const found = asked.map(({ answers, names }) => compareAnswers(answers.known, answers.unknown, names));
  const differences = found.filter((difference) => difference !== null);
  const all = asked.flatMap((one) => SIDES.map((side) => ({ one, answer: one.answers[side] })));
  return {
    differences: differences.length,
    example: differences[0] ?? null,
    statuses: count(all.map(({ answer }) => String(answer.status))),
    unexpected: count(
      all.filter(({ one, answer }) => !isExpected(one, answer)).map(({ answer }) => nameOf(answer)),
    ),
    expected: asked[0]?.expected ?? [],
  };
}

const isExpected = ({ expected }: Asked, answer: Answer) => expected.includes(nameOf(answer));

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

export function summarize(
  { seed, pairs, boundMs, isShort }: Options,
  found: { questions: QuestionResult[]; limits: LimitAnswers; repeats: Repeats | null; tookMs: number },
): Result {
  const limits = judgeMode("limits", found.limits.answers, boundMs);
  const questions = [...found.questions, ...limits];
  const modes = [...new Set(found.questions.map(({ mode }) => mode))];
  const checks = [
    ...modes.flatMap((mode) => {
      const ofMode = found.questions.filter((question) => question.mode === mode);
      const check = (what: string, fault: (question: QuestionResult) => string | null) =>
        settle(`${mode}: ${what}`, ofMode.map(fault));
      return [
        check("status, headers and bodies are the same", faultOfAnswers),
        check("mails get as far", faultOfStates),
        check("every question got the answer that it is about", faultOfTrouble),
        ...(isShort ? [] : [check(nameOfTiming(ofMode, boundMs), faultOfTiming)]),
      ];
    }),
    settle("no mail takes the very time of the one before it", [faultOfRepeats(found.repeats)]),
    settle("limits begin at the same place and say the same", limits.map(faultOfAnswers)),
    settle("every limit was reached", [...found.limits.missing, ...limits.map(faultOfTrouble)]),
  ];
  return {
    ok: checks.every((check) => check.ok),
    seed,
    pairs,
    bound_ms: boundMs,
    asserts_timing: !isShort,
    took_seconds: Math.round(found.tookMs / 1000),
    questions,
    checks,
  };
}

function settle(name: string, faults: readonly (string | null)[]): Result["checks"][number] {
  const found = faults.find((fault) => fault !== null) ?? null;
  return { name, ok: found === null, found };
}

function faultOfAnswers({ question, differences, pairs, example }: QuestionResult): string | null {
  if (pairs === 0) return `${question}: nothing was asked`;
  if (!example) return null;
  return `${question}: ${differences} of ${pairs}, by ${example.what}: known ${example.known} | unknown ${example.unknown}`;
}

function faultOfStates({ question, imbalance }: QuestionResult): string | null {
  if (!imbalance) return null;
  const { state, known, unknown, pValue } = imbalance;
  return `${question}: only known ${known} times, only unknown ${unknown} (p = ${pValue.toExponential(1)}): ${state}`;
}

function faultOfRepeats(repeats: Repeats | null): string | null {
  if (!repeats) return null;
  const { known, unknown, pairs, pValue } = repeats;
  return `from sent to delivered, of ${pairs}: known ${known} times, unknown ${unknown} (p = ${pValue.toExponential(1)})`;
}

/** A product that answers everybody with 500, or refuses everybody for another reason, tells nothing either. */
function faultOfTrouble({ question, unexpected, expected }: QuestionResult): string | null {
  const bad = Object.entries(unexpected).map(([name, times]) => `${times} x ${name}`);
  if (bad.length === 0) return null;
  const said = `${question}: ${bad.join(", ")} instead of ${expected.join(" or ")}`;
  return "429 site_limit" in unexpected
    ? `${said}; a limit of the whole site was met, not the question's`
    : said;
}

function faultOfTiming({ question, timing }: QuestionResult): string | null {
  if (timing?.verdict !== "different") return null;
  return `${question}: ${ms(timing.shift)}, surely between ${ms(timing.from)} and ${ms(timing.to)}`;
}

/** What was too noisy, or asked too few times, to be told is not passed off as equal. */
function nameOfTiming(questions: readonly QuestionResult[], boundMs: number): string {
  const undecided = questions.filter(({ timing }) => timing?.verdict === "undecided").length;
  const rest = undecided === 0 ? "" : `; ${undecided} of ${questions.length} undecided`;
  return `no time surely differs by more than ${boundMs} ms${rest}`;
}

const ms = (value: number) => (Number.isFinite(value) ? `${value.toFixed(1)} ms` : "?");

export function formatTable(result: Result): string {
  const rows = result.questions.map(({ mode, question, pairs, differences, timing, statuses }) => [
    mode,
    question,
    String(pairs),
    Object.keys(statuses).join(" "),
    String(differences),
    timing ? ms(timing.medianKnown) : "",
    timing ? ms(timing.medianUnknown) : "",
    timing ? `${ms(timing.shift)} [${ms(timing.from)}, ${ms(timing.to)}]` : "",
    timing ? timing.knownIsSlower.toFixed(2) : "",
    timing?.verdict ?? "",
  ]);
  const head = [
    "mode",
    "question",
    "pairs",
    "status",
    "differ",
    "known",
    "unknown",
    "shift (99.9 %)",
    "slower",
    "time",
  ];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const checks = result.checks.map(
    ({ name, ok, found }) => `${ok ? "ok  " : "FAIL"} ${name}${found ? `\n     ${found}` : ""}`,
  );
  return [
    line(head),
    ...rows.map(line),
    "",
    ...checks,
    "",
    `seed ${result.seed}, ${result.took_seconds} s`,
  ].join("\n");
}

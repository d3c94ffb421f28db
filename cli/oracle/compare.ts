// Two answers to the same question, one about a known address and one about an unknown one: do they differ? Pure.

export type Answer = {
  status: number;
  headers: Record<string, string>;
  /** Parsed JSON, or the text; null when there was none. */
  body: unknown;
  ms: number;
  /** When it came, by our clock, in milliseconds. */
  atMs: number;
  /** When began what a refusal's wait is counted from, by our clock; null when that is this very answer. */
  sinceMs: number | null;
};

/** What names one person: it is replaced by its name here before anything is compared. */
export type Names = Record<string, string>;

export type Difference = { what: "status" | "headers" | "body"; known: string; unknown: string };

/** Of the moment, whoever asks: the date, the connection, and the length, which follows from the body. */
const HEADERS_OF_THE_MOMENT = new Set([
  "date",
  "connection",
  "keep-alive",
  "content-length",
  "transfer-encoding",
]);
/**
 * How far a mail has got is a race of the request against the worker. These are compared as a whole, over all pairs
 * (findImbalance), and everything else pair by pair.
 */
const RACING = new Set(["delivery", "email_info", "email_confirmation_sent", "message", "expires_at"]);
/** Waits are rounded up to whole seconds, and our clock sees the beginning of a wait later than the product's. */
const WAIT_SLACK_MS = 3_000;

/** The first thing in which the answers differ beyond what every two answers do; null when there is none. */
export function compareAnswers(
  known: Answer,
  unknown: Answer,
  names: { known: Names; unknown: Names },
): Difference | null {
  if (known.status !== unknown.status)
    return { what: "status", known: String(known.status), unknown: String(unknown.status) };
  const headers = [headersOf(known), headersOf(unknown)] as const;
  if (headers[0] !== headers[1] || !haveCloseWaits(known, unknown))
    return { what: "headers", known: describe(known), unknown: describe(unknown) };
  const isSameMoment = isEndOfCooldown(known, unknown) || isEndOfCooldown(unknown, known);
  const textOf = ({ body }: Answer, ofSide: Names) =>
    JSON.stringify(mask(isSameMoment ? { ...(body as object), resend: "<now>" } : body, ofSide, true));
  const bodies = [textOf(known, names.known), textOf(unknown, names.unknown)] as const;
  return bodies[0] === bodies[1] ? null : { what: "body", known: bodies[0], unknown: bodies[1] };
}

const describe = (answer: Answer) =>
  `${headersOf(answer)} retry-after ${answer.headers["retry-after"] ?? "none"}`;

function headersOf({ headers }: Answer): string {
  const kept = Object.entries(headers)
    .filter(([name]) => !HEADERS_OF_THE_MOMENT.has(name))
    .map(([name, value]) => `${name}: ${headerValue(name, value)}`);
  return kept.sort().join("\n");
}

function headerValue(name: string, value: string): string {
  if (name === "retry-after") return "<seconds>";
  if (name === "set-cookie")
    return value.replace(/=[^;]*/, "=<value>").replace(/Max-Age=\d+/i, "Max-Age=<n>");
  return value;
}

/** Two people who began a second apart have to wait a second apart: what counts is the whole wait. */
function haveCloseWaits(known: Answer, unknown: Answer): boolean {
  const [one, other] = [wholeWaitMs(known), wholeWaitMs(unknown)];
  if (one === null || other === null) return one === other;
  return Math.abs(one - other) <= WAIT_SLACK_MS + known.ms + unknown.ms;
}

function wholeWaitMs({ headers, atMs, sinceMs }: Answer): number | null {
  const seconds = headers["retry-after"];
  return seconds === undefined ? null : atMs + Number(seconds) * 1000 - (sinceMs ?? atMs);
}

/**
 * A cooldown that ends within a moment of one answer may have ended by the other: between the two asked one after the
 * other, or because the one began as much later.
 */
function isEndOfCooldown(waiting: Answer, allowed: Answer): boolean {
  const [before, after] = [stateOf(waiting), stateOf(allowed)];
  if (before?.resend?.reason !== "cooldown" || after?.resend?.allowed !== true) return false;
  const leftMs = Date.parse(before.resend.next_allowed_at ?? "") - Date.parse(before.server_time ?? "");
  return leftMs <= WAIT_SLACK_MS + waiting.ms + allowed.ms;
}

type State = {
  resend?: { allowed?: boolean; reason?: string | null; next_allowed_at?: string | null } | null;
  server_time?: string;
};

const stateOf = ({ body }: Answer): State | null =>
  typeof body === "object" && body !== null ? (body as State) : null;

/** A body without what is different for every two people: names, ids, times, tokens. */
export function mask(value: unknown, names: Names, leavesOutRacing = false): unknown {
  if (Array.isArray(value)) return value.map((item) => mask(item, names, leavesOutRacing));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [
          key,
          leavesOutRacing && RACING.has(key) && !isProblem(value)
            ? "<racing>"
            : mask(inner, names, leavesOutRacing),
        ]),
    );
  return typeof value === "string" ? maskText(value, names) : value;
}

/** A refusal's `code` is its name, and races with nothing. */
const isProblem = (value: object) => "title" in value && "status" in value;

function maskText(text: string, names: Names): string {
  const named = Object.entries(names).reduce(
    (masked, [name, value]) => (value === "" ? masked : masked.replaceAll(value, `<${name}>`)),
    text,
  );
  return named
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "<time>")
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<id>")
    .replace(/\b[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}/g, "<jwt>")
    .replace(/^[\w-]{43}$/, "<token>");
}

/** What an answer is, in short: its status, and the code of a refusal, as in "429 resend_cooldown". */
export function nameOf({ status, body }: Answer): string {
  const code =
    typeof body === "object" && body !== null && isProblem(body) && "code" in body ? body.code : "";
  return `${status} ${typeof code === "string" ? code : ""}`.trim();
}

/** How far the mail of an answer has got, as one text to be counted. */
export function racingPart(answer: Answer, names: Names): string {
  const { body } = answer;
  if (typeof body !== "object" || body === null || isProblem(body)) return "none";
  const racing = Object.entries(body).filter(([key]) => RACING.has(key));
  return JSON.stringify(mask(Object.fromEntries(racing), names));
}

export type Imbalance = { state: string; known: number; unknown: number; pValue: number };

/** Below this chance a difference in counts is taken for one. Divided by how many states were looked at. */
const CHANCE_MAX = 0.001;

/**
 * The state that one kind of address shows surely more often than the other, or null. By the sign test on the pairs
 * in which only one side showed it: with no difference, either side is as likely (exact, two-sided, Bonferroni).
 */
export function findImbalance(pairs: readonly { known: string; unknown: string }[]): Imbalance | null {
  const states = [...new Set(pairs.flatMap(({ known, unknown }) => [known, unknown]))];
  const found = states.map((state) => {
    const known = pairs.filter((pair) => pair.known === state && pair.unknown !== state).length;
    const unknown = pairs.filter((pair) => pair.unknown === state && pair.known !== state).length;
    return { state, known, unknown, pValue: signTest(known, unknown) };
  });
  const worst = found.sort((a, b) => a.pValue - b.pValue)[0];
  return worst && worst.pValue < CHANCE_MAX / states.length ? worst : null;
}

/** The chance of a split at least as uneven as this one when both sides are equally likely. */
export function signTest(one: number, other: number): number {
  const total = one + other;
  let logTerm = -total * Math.LN2;
  let tail = 0;
  for (let count = 0; count <= Math.min(one, other); count++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((total - count) / (count + 1));
  }
  return Math.min(1, 2 * tail);
}

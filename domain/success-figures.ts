// Does it work? The figures that the system before this one was judged by, over an hour, a day and a week: how soon a
// registration is answered, how many mails arrive, how many needed a second try, how many were given up.
import { readAnswerTimes } from "@/db/answer-times";
import { type MailCounts, readMailSlots } from "@/db/success-figures";
import type { WidthSeconds } from "./answer-times";
import { addSeconds } from "./clock";
import { addTo, countAll, type Histogram, percentileOf, shareWithinASecond } from "./histogram";
import type { Services } from "./services";

/** What was promised. Shares are from 0 to 1. */
export const TARGETS = { answerP99Seconds: 1, deliveryRate: 0.95, retryRate: 0.1 } as const;

export const SPAN_NAMES = ["1h", "24h", "7d"] as const;
export type Span = (typeof SPAN_NAMES)[number];

/**
 * How long each span is, each of the slots that its charts are made of, and each of the rows of answers behind them:
 * spans begin and end with one of those.
 */
const SPANS: Record<Span, { seconds: number; slotSeconds: number; widthSeconds: WidthSeconds }> = {
  "1h": { seconds: 3600, slotSeconds: 300, widthSeconds: 60 },
  "24h": { seconds: 86_400, slotSeconds: 3600, widthSeconds: 900 },
  "7d": { seconds: 604_800, slotSeconds: 21_600, widthSeconds: 900 },
};

export type Success = {
  /** Answers to registrations, times in seconds; null where there was none. */
  answers: {
    count: number;
    p50: number | null;
    p95: number | null;
    p99: number | null;
    /** The share that took a second or less. */
    withinASecond: number | null;
  };
  mails: MailCounts;
  /** Arrived, of all that arrived, came back or were given up; null where none did. */
  deliveryRate: number | null;
  /** With a second try, of all that were tried; null where none was. */
  retryRate: number | null;
};

export type SpanFigures = {
  span: Span;
  since: Date;
  slotSeconds: number;
  total: Success;
  slots: (Success & { startsAt: Date })[];
};

/** For one question. What takes longer has no place on a page. */
const QUESTION_MS = 3_000;

/** Null: the database had too much to count. */
export type SuccessFigures = { [Name in Span]: SpanFigures | null };

/** Those of one span, as of now. Null when the database had too much to count. */
export async function readSpan(services: Services, span: Span): Promise<SpanFigures | null> {
  try {
    return await countSpan(services, span);
  } catch (error) {
    if (!isTimeout(error)) throw error;
    services.log.warn({ span }, "There was too much to count for the operators' figures");
    return null;
  }
}

/** All of them. */
export async function readSuccess(services: Services): Promise<SuccessFigures> {
  const [hour, day, week] = await Promise.all(SPAN_NAMES.map((span) => readSpan(services, span)));
  return { "1h": hour ?? null, "24h": day ?? null, "7d": week ?? null };
}

/** A statement that Postgres ended because it took too long (SQLSTATE 57014). */
function isTimeout(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === "57014";
}

async function countSpan(services: Services, span: Span): Promise<SpanFigures> {
  const { seconds, slotSeconds, widthSeconds } = SPANS[span];
  const widthMs = widthSeconds * 1000;
  const end = new Date(Math.ceil(services.clock().getTime() / widthMs) * widthMs);
  const since = addSeconds(end, -seconds);
  const [mails, answers] = await Promise.all([
    readMailSlots(services.db, { since, slotSeconds, timeoutMs: QUESTION_MS }),
    readAnswerTimes(services.db, { since, slotSeconds, widthSeconds }),
  ]);
  const histograms = new Map<number, Map<number, number>>();
  for (const { slot, bucket, count } of answers) {
    const histogram = histograms.get(slot) ?? new Map<number, number>();
    histograms.set(slot, histogram.set(bucket, count));
  }
  const all = new Map<number, number>();
  for (const histogram of histograms.values()) addTo(all, histogram);
  const slots = Array.from({ length: seconds / slotSeconds }, (_, slot) => ({
    startsAt: addSeconds(since, slot * slotSeconds),
    ...judge(
      histograms.get(slot) ?? new Map(),
      mails.filter((one) => one.slot === slot).reduce(add, NO_MAILS),
    ),
  }));
  return { span, since, slotSeconds, total: judge(all, mails.reduce(add, NO_MAILS)), slots };
}

const NO_MAILS: MailCounts = { queued: 0, arrived: 0, bounced: 0, failed: 0, tried: 0, retried: 0 };

const add = (sum: MailCounts, more: MailCounts): MailCounts => ({
  queued: sum.queued + more.queued,
  arrived: sum.arrived + more.arrived,
  bounced: sum.bounced + more.bounced,
  failed: sum.failed + more.failed,
  tried: sum.tried + more.tried,
  retried: sum.retried + more.retried,
});

/** Without the slot's number, which is nobody's figure. */
function judge(histogram: Histogram, counts: MailCounts): Success {
  const mails = add(NO_MAILS, counts);
  const { arrived, bounced, failed, tried, retried } = mails;
  const share = (part: number, of: number) => (of === 0 ? null : part / of);
  return {
    answers: {
      count: countAll(histogram),
      p50: percentileOf(histogram, 0.5),
      p95: percentileOf(histogram, 0.95),
      p99: percentileOf(histogram, 0.99),
      withinASecond: shareWithinASecond(histogram),
    },
    mails,
    deliveryRate: share(arrived, arrived + bounced + failed),
    retryRate: share(retried, tried),
  };
}

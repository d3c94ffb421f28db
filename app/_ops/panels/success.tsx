// The figures of success, one card for each span of time: a number and a small chart each, and all of them as a table.
import type { ReactNode } from "react";
import { BarChart, LineChart } from "@/app/_ops/charts";
import { FigureRows } from "@/components/operators/figure-rows";
import { Instant } from "@/components/operators/instant";
import {
  SPAN_NAMES,
  type Span,
  type SpanFigures,
  type Success,
  type SuccessFigures,
  TARGETS,
} from "@/domain/success-figures";
import { operatorTexts } from "@/messages/operators";

export function SuccessPanel({ figures }: { figures: SuccessFigures }) {
  const { t } = operatorTexts();
  return (
    <section aria-labelledby="success" className="mb-5">
      <h2 id="success" className="mb-1 text-field font-semibold">
        {t("success.title")}
      </h2>
      <p className="mb-3 text-small text-fg-muted">{t("success.text")}</p>
      <div className="grid items-start gap-3 sm:gap-5 lg:grid-cols-3">
        {SPAN_NAMES.map((span) => (
          <SpanCard key={span} span={span} figures={figures[span]} />
        ))}
      </div>
    </section>
  );
}

function SpanCard({ span, figures }: { span: Span; figures: SpanFigures | null }) {
  const { t } = operatorTexts();
  return (
    <div className="min-w-0 rounded-card border border-line bg-surface p-4 shadow-card sm:p-5">
      <h3 className="font-semibold">{t(`success.${span}`)}</h3>
      {figures ? (
        <>
          {/* A span begins with a whole minute or quarter of an hour, later than its name says. */}
          <p className="mb-3 text-small text-fg-muted">
            {t("success.since")} <Instant at={figures.since} />
          </p>
          <Measures figures={figures} />
          <FiguresTable figures={figures} />
        </>
      ) : (
        <p className="text-fg-muted">{t("success.tooMuch")}</p>
      )}
    </div>
  );
}

/** The colours of the lines, and of what tells which is which. */
const PERCENTILES = [
  { name: "p50", stroke: "stroke-done-fg", swatch: "bg-done-fg" },
  { name: "p95", stroke: "stroke-waiting-fg", swatch: "bg-waiting-fg" },
  { name: "p99", stroke: "stroke-accent-fg", swatch: "bg-accent-fg" },
] as const;

const isSlow = (seconds: number) => seconds > TARGETS.answerP99Seconds;
const isLow = (rate: number) => rate < TARGETS.deliveryRate;
const isHigh = (rate: number) => rate > TARGETS.retryRate;

function Measures({ figures: { total, slots, slotSeconds, span } }: { figures: SpanFigures }) {
  const { t } = operatorTexts();
  const { answers, mails, deliveryRate, retryRate } = total;
  const label = (
    name: "answersChart" | "delivery" | "retries" | "failed",
    values: (number | null)[],
    say: Say,
  ) => describe({ name: t(`success.${name}`), span, slotSeconds, values, say });
  const p99 = slots.map((slot) => slot.answers.p99);
  const delivery = slots.map((slot) => slot.deliveryRate);
  const retries = slots.map((slot) => slot.retryRate);
  const failed = slots.map(({ mails: { queued, failed: count } }) => (queued === 0 ? null : count));
  return (
    <div className="grid gap-5 sm:grid-cols-2 lg:grid-cols-1">
      <Measure
        name={t("success.answers")}
        value={
          <span className="flex flex-wrap gap-x-2.5 text-small">
            {PERCENTILES.map(({ name, swatch }) => (
              <span key={name} className="inline-flex items-center gap-1 whitespace-nowrap">
                <span aria-hidden="true" className={`h-0.5 w-2.5 rounded-control ${swatch}`} />
                {name} {sayTime(answers[name])}
              </span>
            ))}
          </span>
        }
        isMissed={answers.p99 !== null && isSlow(answers.p99)}
        note={t("success.answersNote", {
          count: answers.count,
          share: answers.withinASecond === null ? "none" : sayShare(answers.withinASecond),
        })}
      >
        <LineChart
          label={label("answersChart", p99, sayTime)}
          line={TARGETS.answerP99Seconds}
          series={PERCENTILES.map(({ name, stroke }) => ({
            values: slots.map((slot) => slot.answers[name]),
            className: stroke,
          }))}
        />
      </Measure>
      <Measure
        name={t("success.delivery")}
        value={sayShare(deliveryRate)}
        isMissed={deliveryRate !== null && isLow(deliveryRate)}
        note={t("success.deliveryNote", {
          arrived: mails.arrived,
          bounced: mails.bounced,
          failed: mails.failed,
        })}
      >
        <BarChart label={label("delivery", delivery, sayShare)} values={delivery} top={1} isBad={isLow} />
      </Measure>
      <Measure
        name={t("success.retries")}
        value={sayShare(retryRate)}
        isMissed={retryRate !== null && isHigh(retryRate)}
        note={t("success.retriesNote", { retried: mails.retried, tried: mails.tried })}
      >
        <BarChart label={label("retries", retries, sayShare)} values={retries} top={1} isBad={isHigh} />
      </Measure>
      <Measure
        name={t("success.failed")}
        value={String(mails.failed)}
        isMissed={false}
        note={t("success.failedNote", { queued: mails.queued })}
      >
        <BarChart label={label("failed", failed, sayCount)} values={failed} isBad={(count) => count > 0} />
      </Measure>
    </div>
  );
}

function Measure({
  name,
  value,
  isMissed,
  note,
  children,
}: {
  name: string;
  value: ReactNode;
  isMissed: boolean;
  note: string;
  children: ReactNode;
}) {
  return (
    <div>
      <p className="text-small text-fg-muted">{name}</p>
      <p
        className={`mb-1 flex flex-wrap items-center gap-x-2.5 gap-y-1 font-semibold tabular-nums ${isMissed ? "text-bad-fg" : ""}`}
      >
        {value}
        {isMissed ? (
          <span className="rounded-control bg-bad-bg px-2 py-0.5 text-small font-medium">
            {operatorTexts().t("success.missed")}
          </span>
        ) : null}
      </p>
      {children}
      <p className="mt-1 text-small text-fg-muted tabular-nums">{note}</p>
    </div>
  );
}

type Say = (value: number | null) => string;

const none = () => operatorTexts().t("success.none");
const sayCount: Say = (value) => (value === null ? none() : String(value));
/** To a tenth, downwards: 100 % is said of all and of nothing less. */
const sayShare: Say = (value) => (value === null ? none() : `${Math.floor(value * 1000) / 10} %`);
const sayTime: Say = (seconds) => {
  if (seconds === null) return none();
  return seconds < 1 ? `${Math.ceil(seconds * 1000)} ms` : `${seconds.toFixed(2)} s`;
};

/** What a chart shows, in a sentence. */
function describe({
  name,
  span,
  slotSeconds,
  values,
  say,
}: {
  name: string;
  span: Span;
  slotSeconds: number;
  values: readonly (number | null)[];
  say: Say;
}): string {
  const { t } = operatorTexts();
  const known = values.filter((value) => value !== null);
  const newest = known.at(-1);
  const facts = { name, span: t(`success.${span}`), every: sayWidth(slotSeconds) };
  if (newest === undefined) return t("success.emptyChart", facts);
  return t("success.chart", {
    ...facts,
    lowest: say(Math.min(...known)),
    highest: say(Math.max(...known)),
    newest: say(newest),
  });
}

const sayWidth = (seconds: number) =>
  operatorTexts().t("success.every", {
    unit: seconds < 3600 ? "minutes" : "hours",
    count: seconds < 3600 ? seconds / 60 : seconds / 3600,
  });

const COLUMNS = ["slot", "count", "p50", "p95", "p99", "delivery", "retries", "failed"] as const;

function FiguresTable({ figures: { slots, span } }: { figures: SpanFigures }) {
  const { t } = operatorTexts();
  const cells = ({ answers, deliveryRate, retryRate, mails }: Success) => [
    sayCount(answers.count),
    sayTime(answers.p50),
    sayTime(answers.p95),
    sayTime(answers.p99),
    sayShare(deliveryRate),
    sayShare(retryRate),
    sayCount(mails.failed),
  ];
  return (
    <details className="mt-4 text-small">
      <summary className="min-h-11 cursor-pointer content-center font-medium text-accent-fg">
        {t("success.asTable")}
      </summary>
      {/* A region that scrolls is reached by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls. */}
      <section className="overflow-x-auto" aria-label={t(`success.${span}`)} tabIndex={0}>
        <table className="w-full text-small">
          <thead className="text-fg-muted">
            <tr>
              {COLUMNS.map((name) => (
                <th key={name} scope="col" className="py-1.5 pe-3 text-start font-medium whitespace-nowrap">
                  {t(`success.column.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            <FigureRows rows={slots.map((slot) => ({ startsAt: slot.startsAt, cells: cells(slot) }))} />
          </tbody>
        </table>
      </section>
    </details>
  );
}

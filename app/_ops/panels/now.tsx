// What is under way: how many mails stand where, how long the oldest has waited, and when the next attempt is due.
import { Instant } from "@/components/operators/instant";
import type { Overview } from "@/domain/delivery-list";
import { operatorTexts } from "@/messages/operators";

export function NowPanel({ overview, asOf }: { overview: Overview; asOf: Date }) {
  const { t } = operatorTexts();
  const { oldestQueuedAt, nextAttemptAt } = overview;
  const isOverdue = nextAttemptAt !== null && nextAttemptAt <= asOf;
  return (
    <section aria-label={t("now.title")} className="mb-5">
      <p className="mb-3 text-small text-fg-muted">
        {t("now.asOf")} <Instant at={asOf} />. {t("now.reload")}
      </p>
      <div className="grid grid-cols-3 gap-3 sm:gap-5">
        {(["queued", "sending", "retrying"] as const).map((status) => (
          <a
            key={status}
            href={`/ops/deliveries?status=${status}`}
            className="rounded-card border border-line bg-surface p-4 shadow-card hover:bg-sunken sm:p-5"
          >
            <span className="block text-title font-semibold tabular-nums">{overview[status]}</span>
            <span className="text-fg-muted">{t(`now.${status}`)}</span>
          </a>
        ))}
      </div>
      <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-1">
        <div>
          <dt className="inline text-fg-muted">{t("now.oldest")}: </dt>
          <dd className="inline">{oldestQueuedAt ? <Instant at={oldestQueuedAt} /> : t("now.none")}</dd>
        </div>
        <div>
          <dt className="inline text-fg-muted">{t(isOverdue ? "now.overdue" : "now.next")}: </dt>
          <dd className="inline">{nextAttemptAt ? <Instant at={nextAttemptAt} /> : t("now.none")}</dd>
        </div>
      </dl>
    </section>
  );
}

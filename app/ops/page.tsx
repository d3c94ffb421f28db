import { requireOperator } from "@/app/_ops/operator";
import { Fact, Instant, OperatorPage, Panel, StatusBadge } from "@/app/_ops/parts";
import { DoneNote } from "@/components/done-note";
import { buttonClass } from "@/components/ui/button-class";
import { DELIVERY_STATUSES, readOverview } from "@/domain/delivery-list";
import { readReadiness } from "@/inngest/readiness";
import { operatorTexts } from "@/messages/operators";
import { services } from "@/services";

export const dynamic = "force-dynamic";

/** `?replayed=` and `?more=`: where "send all failed anew" comes back to. */
export default async function OperationsPage({
  searchParams,
}: {
  searchParams: Promise<{ replayed?: string; more?: string }>;
}) {
  await requireOperator();
  const [overview, readiness, asked] = await Promise.all([
    readOverview(services()),
    readReadiness(services()),
    searchParams,
  ]);
  const { t } = operatorTexts();
  const { oldestQueuedAt, nextAttemptAt, lastDay } = overview;
  const replayed = /^\d{1,4}$/.test(asked.replayed ?? "") ? Number(asked.replayed) : null;
  const statuses = DELIVERY_STATUSES.filter((status) => lastDay[status] !== undefined);
  return (
    <OperatorPage title={t("now.title")} current="now">
      {replayed === null ? null : (
        <DoneNote>{t("now.replayed", { count: replayed, isMore: asked.more ? "yes" : "no" })}</DoneNote>
      )}
      <div className="mb-5 grid grid-cols-3 gap-3 sm:gap-5">
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
      <Panel title={t("now.health")}>
        <dl className="divide-y divide-line">
          <Fact name={t("now.oldest")}>
            {oldestQueuedAt ? <Instant at={oldestQueuedAt} /> : t("now.none")}
          </Fact>
          <Fact name={t("now.next")}>{nextAttemptAt ? <Instant at={nextAttemptAt} /> : t("now.none")}</Fact>
          <Fact name={t("now.database")}>{t(`now.${readiness.database}`)}</Fact>
          <Fact name={t("now.engine")}>{t(`now.${readiness.engine}`)}</Fact>
          <Fact name={t("now.mailProvider")}>
            {t(readiness.mailProvider ? `now.${readiness.mailProvider}` : "now.noBreaker")}
          </Fact>
        </dl>
      </Panel>
      <Panel title={t("now.lastDay")}>
        {statuses.length === 0 ? <p className="text-fg-muted">{t("now.nothing")}</p> : null}
        <ul className="divide-y divide-line">
          {statuses.map((status) => (
            <li key={status}>
              <a
                href={`/ops/deliveries?status=${status}&within=24h`}
                className="flex min-h-11 items-center justify-between gap-4 hover:bg-sunken"
              >
                <StatusBadge status={status} />
                <span className="tabular-nums">{lastDay[status]}</span>
              </a>
            </li>
          ))}
        </ul>
        <form method="post" action="/api/ops/replay-failed" className="mt-4">
          <p className="mb-3 text-small text-fg-muted">{t("now.replayFailedText")}</p>
          <button type="submit" className={buttonClass("secondary")}>
            {t("now.replayFailed")}
          </button>
        </form>
      </Panel>
    </OperatorPage>
  );
}

import { readCount } from "@/app/_ops/acts";
import { CanaryPanel } from "@/app/_ops/canary-panel";
import { readFigures } from "@/app/_ops/figures";
import { requireOperator } from "@/app/_ops/operator";
import { HealthPanel } from "@/app/_ops/panels/health";
import { LastDayPanel } from "@/app/_ops/panels/last-day";
import { NowPanel } from "@/app/_ops/panels/now";
import { SuccessPanel } from "@/app/_ops/panels/success";
import { OperatorPage } from "@/app/_ops/parts";
import { DoneNote } from "@/components/done-note";
import { readCanary } from "@/domain/canary";
import { readOverview } from "@/domain/delivery-list";
import { readHealth } from "@/domain/health";
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
  const hasCanary = services().settings.canaryTo !== null;
  const asOf = services().clock();
  const [overview, health, success, readiness, canary, asked] = await Promise.all([
    readOverview(services()),
    readHealth(services()),
    readFigures(),
    readReadiness(services()),
    hasCanary ? readCanary(services()) : null,
    searchParams,
  ]);
  const { t } = operatorTexts();
  const replayed = readCount(asked.replayed);
  return (
    <OperatorPage title={t("now.title")} current="now">
      {replayed === null ? null : (
        <DoneNote>{t("now.replayed", { count: replayed, isMore: asked.more ? "yes" : "no" })}</DoneNote>
      )}
      <NowPanel overview={overview} asOf={asOf} />
      <SuccessPanel figures={success} />
      <HealthPanel health={health} database={readiness.database} />
      {canary ? <CanaryPanel canary={canary} /> : null}
      <LastDayPanel lastDay={overview.lastDay} />
    </OperatorPage>
  );
}

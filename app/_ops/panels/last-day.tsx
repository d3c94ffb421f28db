// What became of the last day's mails that are kept, and the way to send all failed ones anew.
import { Panel, StatusBadge } from "@/app/_ops/parts";
import { buttonClass } from "@/components/ui/button-class";
import { DELIVERY_STATUSES, type Overview } from "@/domain/delivery-list";
import { operatorTexts } from "@/messages/operators";

export function LastDayPanel({ lastDay }: Pick<Overview, "lastDay">) {
  const { t } = operatorTexts();
  const statuses = DELIVERY_STATUSES.filter((status) => lastDay[status] !== undefined);
  return (
    <Panel title={t("now.lastDay")}>
      <p className="mb-3 text-small text-fg-muted">{t("now.lastDayText")}</p>
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
      <p className="mt-4 mb-3 text-small text-fg-muted">{t("now.replayFailedText")}</p>
      <a href="/ops/ask?act=replay-failed" className={buttonClass("secondary")}>
        {t("now.replayFailed")}
      </a>
    </Panel>
  );
}

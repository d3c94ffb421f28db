// A page of deliveries as a table whose rows can be ticked. Ticking leads to a page that asks (/ops/ask): a form by GET,
// which changes nothing. On a narrow screen, what a row says beyond address, state and time is on the mail's own page.
import type { FilterValues } from "@/app/_ops/filter";
import { TONE } from "@/app/_ops/parts";
import { CELL, WIDE_CELL } from "@/components/operators/delivery-cells";
import { type DeliveryRow, DeliveryRows } from "@/components/operators/delivery-rows";
import { buttonClass } from "@/components/ui/button-class";
import type { DeliverySummary } from "@/domain/delivery-list";
import { operatorTexts } from "@/messages/operators";

export function DeliveryTable({
  deliveries,
  values,
  isChosen,
  chooseAll,
  chooseNone,
}: {
  deliveries: readonly DeliverySummary[];
  values: FilterValues;
  /** All of them are ticked from the start. */
  isChosen: boolean;
  /** This page with all of them ticked, and with none. */
  chooseAll: string;
  chooseNone: string;
}) {
  const { t } = operatorTexts();
  return (
    <form method="get" action="/ops/ask">
      {Object.entries(values).map(([name, value]) =>
        value ? <input key={name} type="hidden" name={name} value={value} /> : null,
      )}
      <div className="rounded-card border border-line bg-surface shadow-card">
        <table className="w-full table-fixed text-start">
          <caption className="sr-only">{t("list.title")}</caption>
          <thead className="text-small text-fg-muted">
            <tr className="border-b border-line">
              <th scope="col" className="w-12 py-2 font-medium">
                <span className="sr-only">{t("list.choose")}</span>
              </th>
              <th scope="col" className={`${CELL} text-start font-medium`}>
                {t("list.address")}
              </th>
              <th scope="col" className={`${CELL} w-28 text-start font-medium`}>
                {t("list.status")}
              </th>
              <th scope="col" className={`${WIDE_CELL} w-28 text-start font-medium`}>
                {t("one.kind")}
              </th>
              <th scope="col" className={`${WIDE_CELL} w-22 text-start font-medium`}>
                {t("list.attempts")}
              </th>
              <th scope="col" className={`${WIDE_CELL} w-20 text-start font-medium`}>
                {t("list.provider")}
              </th>
              <th scope="col" className={`${WIDE_CELL} w-36 text-start font-medium`}>
                {t("list.error")}
              </th>
              <th scope="col" className={`${WIDE_CELL} w-46 text-start font-medium`}>
                {t("list.queuedAt")}
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            <DeliveryRows rows={deliveries.map(toRow)} isChosen={isChosen} />
          </tbody>
        </table>
      </div>
      <div className="mt-3 flex flex-wrap items-center gap-3">
        <button type="submit" name="act" value="replay" className={buttonClass("secondary")}>
          {t("list.replayChosen")}
        </button>
        <button type="submit" name="act" value="cancel" className={buttonClass("secondary")}>
          {t("list.cancelChosen")}
        </button>
        <a href={isChosen ? chooseNone : chooseAll} className={buttonClass("quiet")}>
          {t(isChosen ? "list.chooseNone" : "list.chooseAll")}
        </a>
      </div>
    </form>
  );
}

function toRow(delivery: DeliverySummary): DeliveryRow {
  const { t } = operatorTexts();
  const { id, kind, address, status, attempt, maxAttempts, provider, errorClass, reasonCode, createdAt } =
    delivery;
  return {
    id,
    address,
    choose: t("list.chooseOne", { address }),
    status: t(`status.${status}`),
    tone: TONE[status],
    kind: t(`kindName.${kind}`),
    attempts: t("list.of", { attempt, max: maxAttempts }),
    provider,
    error: [errorClass, reasonCode].filter(Boolean).join(" · "),
    queuedAt: createdAt,
  };
}

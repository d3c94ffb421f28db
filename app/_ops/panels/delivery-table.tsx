// A page of deliveries as a table whose rows can be ticked. Ticking leads to a page that asks (/ops/ask): a form by GET,
// which changes nothing. On a narrow screen, what a row says beyond address, state and time is on the mail's own page.
import type { FilterValues } from "@/app/_ops/filter";
import { Instant, StatusBadge } from "@/app/_ops/parts";
import { buttonClass } from "@/components/ui/button-class";
import type { DeliverySummary } from "@/domain/delivery-list";
import { operatorTexts } from "@/messages/operators";

const CELL = "px-3 py-2";
const WIDE = `${CELL} hidden lg:table-cell`;

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
              <th scope="col" className={`${WIDE} w-28 text-start font-medium`}>
                {t("one.kind")}
              </th>
              <th scope="col" className={`${WIDE} w-22 text-start font-medium`}>
                {t("list.attempts")}
              </th>
              <th scope="col" className={`${WIDE} w-20 text-start font-medium`}>
                {t("list.provider")}
              </th>
              <th scope="col" className={`${WIDE} w-36 text-start font-medium`}>
                {t("list.error")}
              </th>
              <th scope="col" className={`${WIDE} w-46 text-start font-medium`}>
                {t("list.queuedAt")}
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {deliveries.map((delivery) => (
              <Row key={delivery.id} delivery={delivery} isChosen={isChosen} />
            ))}
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

function Row({ delivery, isChosen }: { delivery: DeliverySummary; isChosen: boolean }) {
  const { t } = operatorTexts();
  const { id, kind, address, status, attempt, maxAttempts, provider, errorClass, reasonCode, createdAt } =
    delivery;
  return (
    <tr className="hover:bg-sunken">
      <td className="p-0">
        <label className="flex min-h-11 cursor-pointer items-center justify-center">
          <span className="sr-only">{t("list.chooseOne", { address })}</span>
          <input
            type="checkbox"
            name="delivery"
            value={id}
            defaultChecked={isChosen}
            className="size-4.5 accent-accent"
          />
        </label>
      </td>
      <th scope="row" className={`${CELL} text-start font-normal`}>
        <a
          href={`/ops/deliveries/${id}`}
          className="block truncate py-1.5 underline decoration-line-strong decoration-1 underline-offset-3 hover:decoration-2"
        >
          {address}
        </a>
        <span className="block text-small text-fg-muted lg:hidden">
          <Instant at={createdAt} />
        </span>
      </th>
      <td className={CELL}>
        <StatusBadge status={status} />
      </td>
      <td className={`${WIDE} text-small`}>{t(`kindName.${kind}`)}</td>
      <td className={`${WIDE} text-small tabular-nums`}>{t("list.of", { attempt, max: maxAttempts })}</td>
      <td className={`${WIDE} truncate text-small`}>{provider}</td>
      <td className={`${WIDE} text-small break-words text-fg-muted`}>
        {[errorClass, reasonCode].filter(Boolean).join(" · ")}
      </td>
      <td className={`${WIDE} text-small`}>
        <Instant at={createdAt} />
      </td>
    </tr>
  );
}

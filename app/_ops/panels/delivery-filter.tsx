// What the list of deliveries is filtered by. Sent as a form, not put into the address by the browser: an address that
// was typed whole is masked first (api/ops/find).
import { type FilterValues, WITHIN, type Within } from "@/app/_ops/filter";
import { ChoiceField, TypedField } from "@/app/_ops/filter-fields";
import { buttonClass } from "@/components/ui/button-class";
import { DELIVERY_STATUSES, FAILURE_CLASSES } from "@/domain/delivery-list";
import { operatorTexts } from "@/messages/operators";

export type Asked = Record<string, string | string[] | undefined>;

export function DeliveryFilterForm({ values }: { values: FilterValues }) {
  const { t } = operatorTexts();
  const statuses = DELIVERY_STATUSES.map((value) => ({ value, text: t(`status.${value}`) }));
  const classes = FAILURE_CLASSES.map((value) => ({ value, text: t(`errorClass.${value}`) }));
  const spans = (Object.keys(WITHIN) as Within[]).map((value) => ({ value, text: t(`list.${value}`) }));
  return (
    <form
      method="post"
      action="/api/ops/find"
      className="mb-5 grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-[1fr_1fr_1fr_0.8fr_1.5fr_auto]"
    >
      <ChoiceField name="status" label={t("list.status")} value={values.status} options={statuses} />
      <ChoiceField name="class" label={t("list.class")} value={values.class} options={classes} />
      <ChoiceField name="within" label={t("list.within")} value={values.within} options={spans} />
      <TypedField name="provider" label={t("list.provider")} value={values.provider} />
      <div className="max-sm:col-span-full">
        <TypedField name="to" label={t("list.address")} value={values.to} hint={t("list.addressHint")} />
      </div>
      {/* What is typed does not go into the page's address (021), so several people may be found by it. */}
      {values.to.includes("…") ? (
        <p className="order-last col-span-full text-small text-fg-muted">{t("list.addressShared")}</p>
      ) : null}
      <div className="flex gap-2">
        <button type="submit" className={buttonClass("primary")}>
          {t("list.apply")}
        </button>
        <a href="/ops/deliveries" className={buttonClass("quiet")}>
          {t("list.clear")}
        </a>
      </div>
    </form>
  );
}

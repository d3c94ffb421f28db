import { type FilterValues, listLocation, readFilter, WITHIN, type Within } from "@/app/_ops/filter";
import { requireOperator } from "@/app/_ops/operator";
import { Instant, OperatorPage, StatusBadge } from "@/app/_ops/parts";
import { buttonClass } from "@/components/ui/button-class";
import { INPUT_CLASS } from "@/components/ui/field";
import {
  browseDeliveries,
  DELIVERY_STATUSES,
  type DeliverySummary,
  FAILURE_CLASSES,
} from "@/domain/delivery-list";
import { operatorTexts } from "@/messages/operators";
import { services } from "@/services";

export const dynamic = "force-dynamic";

type Asked = Record<string, string | string[] | undefined>;

/** `?after=`: the cursor of an older page; the rest is the filter. */
export default async function DeliveriesPage({ searchParams }: { searchParams: Promise<Asked> }) {
  await requireOperator();
  const asked = await searchParams;
  const { filter, values } = readFilter(asked, services().clock());
  const cursor = typeof asked.after === "string" ? asked.after : undefined;
  const page = await browseDeliveries(services(), filter, { cursor });
  const { t } = operatorTexts();
  return (
    <OperatorPage title={t("list.title")} current="deliveries">
      <Filter values={values} />
      {page.deliveries.length === 0 ? (
        <p className="py-8 text-fg-muted">{t("list.none")}</p>
      ) : (
        <ul className="divide-y divide-line rounded-card border border-line bg-surface shadow-card">
          {page.deliveries.map((delivery) => (
            <Row key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
      <nav className="mt-4 flex gap-3">
        {cursor ? (
          <a href={listLocation(values)} className={buttonClass("secondary")}>
            {t("list.newest")}
          </a>
        ) : null}
        {page.older ? (
          <a href={listLocation(values, page.older)} rel="next" className={buttonClass("secondary")}>
            {t("list.older")}
          </a>
        ) : null}
      </nav>
    </OperatorPage>
  );
}

function Row({ delivery }: { delivery: DeliverySummary }) {
  const { t } = operatorTexts();
  return (
    <li>
      <a
        href={`/ops/deliveries/${delivery.id}`}
        className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-1 px-4 py-3 hover:bg-sunken sm:grid-cols-[7.5rem_minmax(0,1fr)_minmax(0,1fr)_auto] sm:items-center"
      >
        <span className="order-2 justify-self-end sm:order-none sm:justify-self-start">
          <StatusBadge status={delivery.status} />
        </span>
        <span className="order-1 min-w-0 truncate sm:order-none">{delivery.address}</span>
        <span className="order-3 min-w-0 truncate text-small text-fg-muted sm:order-none">
          {[
            t(`kindName.${delivery.kind}`),
            t("list.of", { attempt: delivery.attempt, max: delivery.maxAttempts }),
            delivery.provider,
            delivery.reasonCode,
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
        <span className="order-4 justify-self-end text-small text-fg-muted sm:order-none">
          <Instant at={delivery.createdAt} />
        </span>
      </a>
    </li>
  );
}

function Filter({ values }: { values: FilterValues }) {
  const { t } = operatorTexts();
  const statuses = DELIVERY_STATUSES.map((value) => ({ value, text: t(`status.${value}`) }));
  const classes = FAILURE_CLASSES.map((value) => ({ value, text: t(`errorClass.${value}`) }));
  const spans = (Object.keys(WITHIN) as Within[]).map((value) => ({ value, text: t(`list.${value}`) }));
  return (
    <form
      method="post"
      action="/api/ops/find"
      className="mb-5 grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-6"
    >
      <ChoiceField name="status" label={t("list.status")} value={values.status} options={statuses} />
      <ChoiceField name="class" label={t("list.class")} value={values.class} options={classes} />
      <ChoiceField name="within" label={t("list.within")} value={values.within} options={spans} />
      <TypedField name="provider" label={t("list.provider")} value={values.provider} />
      <TypedField name="to" label={t("list.address")} value={values.to} hint={t("list.addressHint")} />
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

function ChoiceField({
  name,
  label,
  value,
  options,
}: {
  name: string;
  label: string;
  value: string;
  options: readonly { value: string; text: string }[];
}) {
  return (
    <label className="block min-w-0">
      <span className="mb-1 block text-small text-fg-muted">{label}</span>
      <select name={name} defaultValue={value} className={INPUT_CLASS}>
        <option value="">{operatorTexts().t("list.any")}</option>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}

function TypedField({
  name,
  label,
  value,
  hint,
}: {
  name: string;
  label: string;
  value: string;
  hint?: string;
}) {
  return (
    <label className="block min-w-0">
      <span className="mb-1 block text-small text-fg-muted">{label}</span>
      <input
        name={name}
        defaultValue={value}
        placeholder={hint}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        className={INPUT_CLASS}
      />
    </label>
  );
}

import { readAct, readCount } from "@/app/_ops/acts";
import { type FilterName, listLocation, readFilter, readUnread } from "@/app/_ops/filter";
import { requireOperator } from "@/app/_ops/operator";
import { type Asked, DeliveryFilterForm } from "@/app/_ops/panels/delivery-filter";
import { DeliveryTable } from "@/app/_ops/panels/delivery-table";
import { OperatorPage, Pager } from "@/app/_ops/parts";
import { DoneNote } from "@/components/done-note";
import { Alert } from "@/components/ui/alert";
import { browseDeliveries } from "@/domain/delivery-list";
import { operatorTexts } from "@/messages/operators";
import { services } from "@/services";

export const dynamic = "force-dynamic";

/**
 * `?after=`: the cursor of an older page. `?chosen=all`: every mail of the page is ticked. `?done=`, `?count=`,
 * `?refused=`: what came of an act on several. The rest is the filter.
 */
export default async function DeliveriesPage({ searchParams }: { searchParams: Promise<Asked> }) {
  await requireOperator();
  const asked = await searchParams;
  const { filter, values, unread } = readFilter(asked, services().clock());
  const cursor = typeof asked.after === "string" ? asked.after : undefined;
  const { deliveries, older } = await browseDeliveries(services(), filter, { cursor });
  const { t } = operatorTexts();
  const here = cursor ? { after: cursor } : {};
  return (
    <OperatorPage title={t("list.title")} current="deliveries">
      <Result asked={asked} />
      <Unread names={readUnread(asked, unread)} />
      <DeliveryFilterForm values={values} />
      {deliveries.length === 0 ? (
        <p className="py-8 text-fg-muted">{t("list.none")}</p>
      ) : (
        <DeliveryTable
          deliveries={deliveries}
          values={values}
          isChosen={asked.chosen === "all"}
          chooseAll={listLocation(values, { ...here, chosen: "all" })}
          chooseNone={listLocation(values, here)}
        />
      )}
      <Pager
        newest={cursor ? listLocation(values) : null}
        older={older ? listLocation(values, { after: older }) : null}
      />
    </OperatorPage>
  );
}

/** A list that shows more than was asked for says so: mails may be ticked in it. */
function Unread({ names }: { names: readonly FilterName[] }) {
  const { t } = operatorTexts();
  if (names.length === 0) return null;
  const labels = names.map((name) => t(`list.${name === "to" ? "address" : name}`));
  return (
    <div className="mb-4">
      <Alert>{t("list.unread", { names: labels.join(", ") })}</Alert>
    </div>
  );
}

function Result({ asked }: { asked: Asked }) {
  const act = readAct(asked.done);
  const count = readCount(asked.count);
  if (!act || count === null) return null;
  return (
    <DoneNote>
      {operatorTexts().t(`list.${act}Done`, { count, refused: readCount(asked.refused) ?? 0 })}
    </DoneNote>
  );
}

import { type AuditFilterValues, auditLocation, readAuditFilter } from "@/app/_ops/audit-filter";
import { WITHIN, type Within } from "@/app/_ops/filter";
import { ChoiceField, TypedField } from "@/app/_ops/filter-fields";
import { requireOperator } from "@/app/_ops/operator";
import { OperatorPage, Pager } from "@/app/_ops/parts";
import { type AuditEntry, AuditList } from "@/components/operators/audit-list";
import { Alert } from "@/components/ui/alert";
import { buttonClass } from "@/components/ui/button-class";
import { AUDIT_DETAIL_WORDS, AUDIT_SENTENCES } from "@/domain/audit-log";
import { AUDIT_ACTORS, AUDIT_TYPES, type AuditPage, browseAudit } from "@/domain/audit-trail";
import { readId } from "@/domain/delivery-facts";
import { operatorTexts } from "@/messages/operators";
import { services } from "@/services";

export const dynamic = "force-dynamic";

type Asked = Record<string, string | string[] | undefined>;
/** Asked of the browser: what is typed goes into the address, and an address of mail must not stand there. */
const ID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

type Row = AuditPage["rows"][number];

/** `?after=`: the cursor of an older page; the rest is the filter. */
export default async function AuditTrailPage({ searchParams }: { searchParams: Promise<Asked> }) {
  await requireOperator();
  const asked = await searchParams;
  const { filter, values, unread } = readAuditFilter(asked, services().clock());
  const cursor = typeof asked.after === "string" ? asked.after : undefined;
  const { rows, older } = await browseAudit(services(), filter, { cursor });
  const { t } = operatorTexts();
  return (
    <OperatorPage title={t("audit.title")} current="audit">
      <p className="mb-4 max-w-prose text-small text-fg-muted">{t("audit.text")}</p>
      {unread.length > 0 ? (
        <div className="mb-5">
          <Alert>{t("audit.unread", { names: unread.map((name) => t(`audit.${name}`)).join(", ") })}</Alert>
        </div>
      ) : null}
      <Filter values={values} />
      {rows.length === 0 ? (
        <p className="py-8 text-fg-muted">{t("audit.none")}</p>
      ) : (
        <AuditList entries={rows.map(toEntry)} />
      )}
      <Pager
        newest={cursor ? auditLocation(values) : null}
        older={older ? auditLocation(values, { after: older }) : null}
      />
    </OperatorPage>
  );
}

/** Ids lead somewhere; of a network there are the first letters of its hash, enough to see that two are the same. */
function toEntry({ id, at, type, actor, details, userId, network }: Row): AuditEntry {
  const { t } = operatorTexts();
  const words: Record<string, string> = AUDIT_DETAIL_WORDS;
  const told = Object.entries(details).map(([key, given]) => {
    const name = words[key] ?? key;
    const value = String(given);
    const list = key === "webhookId" ? "webhooks" : "deliveries";
    return readId(value)
      ? { name, value, href: `/ops/${list}/${value}` }
      : { name, value: value.replaceAll("_", " ") };
  });
  return {
    id: String(id),
    at,
    sentence: AUDIT_SENTENCES[type],
    actor: t(`audit.${actor}`),
    facts: [
      ...(userId ? [{ name: t("audit.user"), value: userId, href: auditLocation({ user: userId }) }] : []),
      ...told,
      ...(network ? [{ name: t("audit.network"), value: network.slice(0, 8), isHash: true }] : []),
    ],
  };
}

function Filter({ values }: { values: AuditFilterValues }) {
  const { t } = operatorTexts();
  const types = AUDIT_TYPES.map((value) => ({ value, text: AUDIT_SENTENCES[value] }));
  const actors = AUDIT_ACTORS.map((value) => ({ value, text: t(`audit.${value}`) }));
  const spans = (Object.keys(WITHIN) as Within[]).map((value) => ({ value, text: t(`list.${value}`) }));
  return (
    <form
      method="get"
      action="/ops/audit"
      className="mb-5 grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-5"
    >
      <ChoiceField name="type" label={t("audit.type")} value={values.type} options={types} />
      <ChoiceField name="actor" label={t("audit.actor")} value={values.actor} options={actors} />
      <ChoiceField name="within" label={t("audit.within")} value={values.within} options={spans} />
      <TypedField
        name="user"
        label={t("audit.user")}
        value={values.user}
        hint={t("audit.userHint")}
        pattern={ID}
      />
      <div className="flex gap-2">
        <button type="submit" className={buttonClass("primary")}>
          {t("list.apply")}
        </button>
        <a href="/ops/audit" className={buttonClass("quiet")}>
          {t("list.clear")}
        </a>
      </div>
    </form>
  );
}

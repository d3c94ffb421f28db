import { requireOperator } from "@/app/_ops/operator";
import { Fact, OperatorPage, Panel } from "@/app/_ops/parts";
import { readWebhookFilter, webhooksLocation } from "@/app/_ops/webhook-filter";
import { WebhookBadge, webhookEnd } from "@/app/_ops/webhook-parts";
import { Instant } from "@/components/operators/instant";
import { Alert } from "@/components/ui/alert";
import { buttonClass } from "@/components/ui/button-class";
import { browseWebhooks, readEndpoints, WEBHOOK_STATUSES, type WebhookSummary } from "@/domain/webhook-list";
import { operatorTexts } from "@/messages/operators";
import { services } from "@/services";

export const dynamic = "force-dynamic";

/** `?status=`: only those; `?after=`: the cursor of an older page. */
export default async function WebhooksPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  await requireOperator();
  const asked = await searchParams;
  const { status, isUnread } = readWebhookFilter(asked);
  const cursor = typeof asked.after === "string" ? asked.after : undefined;
  const [endpoints, page] = await Promise.all([
    readEndpoints(services()),
    browseWebhooks(services(), { status, cursor }),
  ]);
  const { t } = operatorTexts();
  return (
    <OperatorPage title={t("hooks.title")} current="webhooks">
      <Panel title={t("hooks.endpoints")}>
        {endpoints.length === 0 ? <p className="text-fg-muted">{t("hooks.noEndpoints")}</p> : null}
        <dl className="divide-y divide-line">
          {endpoints.map(({ name, lastDay: { delivered = 0, waiting = 0, failed = 0 } }) => (
            <Fact key={name} name={name}>
              {t("hooks.lastDay", { delivered, waiting, failed })}
            </Fact>
          ))}
        </dl>
      </Panel>
      {isUnread ? (
        <div className="mb-4">
          <Alert>{t("hooks.unread", { names: t("list.status") })}</Alert>
        </div>
      ) : null}
      <nav aria-label={t("hooks.filter")} className="mb-3 flex flex-wrap gap-1">
        {[undefined, ...WEBHOOK_STATUSES].map((one) => (
          <a
            key={one ?? "all"}
            href={webhooksLocation(one)}
            aria-current={one === status ? "page" : undefined}
            className={buttonClass("quiet", one === status ? "bg-sunken text-fg" : "")}
          >
            {t(one ? `hookStatus.${one}` : "list.any")}
          </a>
        ))}
      </nav>
      {page.webhooks.length === 0 ? (
        <p className="py-8 text-fg-muted">{t("hooks.none")}</p>
      ) : (
        <ul className="divide-y divide-line rounded-card border border-line bg-surface shadow-card">
          {page.webhooks.map((webhook) => (
            <Row key={webhook.id} webhook={webhook} />
          ))}
        </ul>
      )}
      <nav className="mt-4 flex gap-3">
        {cursor ? (
          <a href={webhooksLocation(status)} className={buttonClass("secondary")}>
            {t("list.newest")}
          </a>
        ) : null}
        {page.older ? (
          <a href={webhooksLocation(status, page.older)} rel="next" className={buttonClass("secondary")}>
            {t("list.older")}
          </a>
        ) : null}
      </nav>
    </OperatorPage>
  );
}

function Row({ webhook }: { webhook: WebhookSummary }) {
  const { t } = operatorTexts();
  return (
    <li>
      <a
        href={`/ops/webhooks/${webhook.id}`}
        className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-1 px-4 py-3 hover:bg-sunken sm:grid-cols-[6.5rem_9rem_minmax(0,1fr)_auto] sm:items-center"
      >
        <span className="order-2 justify-self-end sm:order-none sm:justify-self-start">
          <WebhookBadge status={webhook.status} />
        </span>
        <span className="order-1 min-w-0 truncate sm:order-none">{webhook.type}</span>
        <span className="order-3 col-span-full min-w-0 text-small break-words text-fg-muted sm:order-none sm:col-auto sm:truncate">
          {[
            webhook.endpointName ?? t("hookReason.unknown_endpoint"),
            t("hooks.attempts", { count: webhook.attemptCount }),
            webhookEnd(webhook),
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
        <span className="order-4 text-small text-fg-muted sm:order-none sm:justify-self-end">
          <Instant at={webhook.occurredAt} />
        </span>
      </a>
    </li>
  );
}

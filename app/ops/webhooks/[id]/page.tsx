import { ActOutcome, TablePanel, tellDuration } from "@/app/_ops/detail-parts";
import { requireOperator } from "@/app/_ops/operator";
import { Fact, OperatorPage, Panel } from "@/app/_ops/parts";
import { WebhookBadge, webhookEnd } from "@/app/_ops/webhook-parts";
import { Instant } from "@/components/operators/instant";
import { buttonClass } from "@/components/ui/button-class";
import { TextLink } from "@/components/ui/text-link";
import { readId } from "@/domain/delivery-facts";
import { type ExplainedWebhook, explainWebhook } from "@/domain/webhook-list";
import { WEBHOOK_REFUSALS } from "@/domain/webhooks";
import { operatorTexts } from "@/messages/operators";
import { services } from "@/services";

export const dynamic = "force-dynamic";

/** `?done=` and `?refused=`: where the form of this page comes back to. */
export default async function WebhookPage({
  params,
  searchParams,
}: {
  params: Promise<{ id: string }>;
  searchParams: Promise<{ done?: string; refused?: string }>;
}) {
  await requireOperator();
  const [{ id: given }, { done, refused }] = await Promise.all([params, searchParams]);
  const id = readId(given);
  const found = id && (await explainWebhook(services(), id));
  const { t } = operatorTexts();
  // Not by notFound(): here, that page is made by the browser's script alone, and these pages do without one.
  if (!found)
    return (
      <OperatorPage title={t("hook.notFound")} current="webhooks">
        <p className="text-fg-muted">{t("one.notFoundText")}</p>
        <TextLink href="/ops/webhooks">{t("hook.toList")}</TextLink>
      </OperatorPage>
    );
  const { webhook, messageId, endpointName } = found;
  const refusal = WEBHOOK_REFUSALS.find((code) => code === refused);
  return (
    <OperatorPage title={webhook.type} current="webhooks">
      <ActOutcome
        done={done === "replayed" ? t("hook.replayed") : null}
        refusal={refusal ? t(`hookRefusal.${refusal}`) : null}
      />
      <p className="mb-5 flex flex-wrap items-center gap-x-3 gap-y-1">
        <WebhookBadge status={webhook.status} />
        {webhook.nextAttemptAt ? (
          <span>
            {t("hook.next")} <Instant at={webhook.nextAttemptAt} />
          </span>
        ) : null}
      </p>
      <AttemptsPanel found={found} />
      <Panel title={t("one.facts")}>
        <dl className="divide-y divide-line">
          <Fact name={t("hook.endpoint")}>{endpointName ?? t("hookReason.unknown_endpoint")}</Fact>
          <Fact name={t("hook.messageId")}>{messageId}</Fact>
          <Fact name={t("hook.occurred")}>
            <Instant at={webhook.occurredAt} />
          </Fact>
          {Object.entries(webhook.data).map(([name, value]) => (
            <Fact key={name} name={name}>
              {name === "delivery_id" ? (
                <TextLink href={`/ops/deliveries/${value}`}>{value}</TextLink>
              ) : (
                value
              )}
            </Fact>
          ))}
        </dl>
      </Panel>
      <Panel title={t("one.acts")}>
        {found.replay ? (
          <p className="text-small text-fg-muted">{t(`hookRefusal.${found.replay}`)}</p>
        ) : (
          <form method="post" action="/api/ops/replay-webhook">
            <input type="hidden" name="webhook" value={webhook.id} />
            <button type="submit" className={buttonClass("secondary")}>
              {t("hook.replay")}
            </button>
          </form>
        )}
      </Panel>
    </OperatorPage>
  );
}

function AttemptsPanel({ found: { attempts } }: { found: ExplainedWebhook }) {
  const { t } = operatorTexts();
  return (
    <TablePanel
      title={t("one.attempts")}
      none={t("one.noAttempts")}
      columns={[
        { title: t("one.number"), look: "tabular-nums" },
        { title: t("one.started") },
        { title: t("one.took"), look: "whitespace-nowrap tabular-nums" },
        { title: t("one.answer"), look: "min-w-48 break-words" },
      ]}
      rows={attempts.map((attempt) => ({
        key: attempt.number,
        cells: [
          attempt.number,
          <Instant key="started" at={attempt.startedAt} />,
          tellDuration(attempt),
          webhookEnd(attempt) || t("outcome.open"),
        ],
      }))}
    />
  );
}

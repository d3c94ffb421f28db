import type { ReactNode } from "react";
import { askLocation } from "@/app/_ops/acts";
import { auditLocation } from "@/app/_ops/audit-filter";
import { ActOutcome, TablePanel, tellDuration } from "@/app/_ops/detail-parts";
import { requireOperator } from "@/app/_ops/operator";
import { Fact, OperatorPage, Panel, StatusBadge } from "@/app/_ops/parts";
import { Instant } from "@/components/operators/instant";
import { buttonClass } from "@/components/ui/button-class";
import { TextLink } from "@/components/ui/text-link";
import { type ExplainedDelivery, explainDelivery, readId } from "@/domain/delivery-facts";
import { maskEmail } from "@/domain/email-address";
import { REFUSALS, refusalSentence } from "@/domain/replay";
import type { Act } from "@/domain/selection";
import { operatorTexts } from "@/messages/operators";
import { services } from "@/services";

export const dynamic = "force-dynamic";

/** `?done=` and `?refused=`: where the forms of this page come back to. */
export default async function DeliveryPage({
  params,
  searchParams,
}: {
  params: Promise<{ id: string }>;
  searchParams: Promise<{ done?: string; refused?: string }>;
}) {
  await requireOperator();
  const [{ id: given }, { done, refused }] = await Promise.all([params, searchParams]);
  const id = readId(given);
  const found = id && (await explainDelivery(services(), id));
  const { t } = operatorTexts();
  // Not by notFound(): here, that page is made by the browser's script alone, and these pages do without one.
  if (!found)
    return (
      <OperatorPage title={t("one.notFound")} current="deliveries">
        <p className="text-fg-muted">{t("one.notFoundText")}</p>
        <TextLink href="/ops/deliveries">{t("one.toList")}</TextLink>
      </OperatorPage>
    );
  const refusal = REFUSALS.find((code) => code === refused);
  return (
    <OperatorPage title={t("one.title")} current="deliveries">
      <ActOutcome
        done={done === "replayed" || done === "cancelled" ? t(`one.${done}`) : null}
        refusal={refusal ? refusalSentence(refusal) : null}
      />
      <p className="mb-5 flex flex-wrap items-center gap-x-3 gap-y-1">
        <StatusBadge status={found.delivery.status} />
        <span>{found.story.summary}</span>
      </p>
      <StoryPanel found={found} />
      <AttemptsPanel found={found} />
      <EventsPanel found={found} />
      <FactsPanel found={found} />
      <Panel title={t("one.acts")}>
        <div className="grid gap-4 sm:grid-cols-2">
          <ActLink act="replay" id={found.delivery.id} refusal={found.acts.replay}>
            {t("one.replay")}
          </ActLink>
          <ActLink act="cancel" id={found.delivery.id} refusal={found.acts.cancel}>
            {t("one.cancel")}
          </ActLink>
        </div>
      </Panel>
    </OperatorPage>
  );
}

/** A link to the page that asks first, or why there is none. */
function ActLink({
  act,
  id,
  refusal,
  children,
}: {
  act: Act;
  id: string;
  refusal: ExplainedDelivery["acts"]["replay"];
  children: ReactNode;
}) {
  if (refusal)
    return (
      <div>
        <p className="font-medium text-fg-muted">{children}</p>
        <p className="text-small text-fg-muted">{refusalSentence(refusal)}</p>
      </div>
    );
  return (
    <div>
      <a href={askLocation(act, [id])} className={buttonClass("secondary")}>
        {children}
      </a>
    </div>
  );
}

function StoryPanel({ found }: { found: ExplainedDelivery }) {
  return (
    <Panel title={operatorTexts().t("one.story")}>
      <ol className="grid gap-2.5">
        {found.story.lines.map(({ at, text }, index) => (
          <li key={index} className="grid gap-x-4 sm:grid-cols-[11rem_minmax(0,1fr)]">
            <span className="text-small text-fg-muted sm:pt-0.5">
              <Instant at={at} />
            </span>
            <span className="min-w-0 break-words">{text}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function AttemptsPanel({ found: { attempts } }: { found: ExplainedDelivery }) {
  const { t } = operatorTexts();
  return (
    <TablePanel
      title={t("one.attempts")}
      none={t("one.noAttempts")}
      columns={[
        { title: t("one.number"), look: "tabular-nums" },
        { title: t("one.provider") },
        { title: t("one.started") },
        { title: t("one.took"), look: "whitespace-nowrap tabular-nums" },
        { title: t("one.outcome") },
        { title: t("one.answer"), look: "min-w-48 break-words" },
      ]}
      rows={attempts.map((attempt) => ({
        key: attempt.number,
        cells: [
          attempt.number,
          attempt.provider,
          <Instant key="started" at={attempt.startedAt} />,
          tellDuration(attempt),
          t(`outcome.${attempt.outcome ?? "open"}`),
          [attempt.errorClass, attempt.errorCode, attempt.providerCode, attempt.providerText]
            .filter(Boolean)
            .join(" · "),
        ],
      }))}
    />
  );
}

/** What started it, and what the provider told afterwards; both are kept for a week. */
function EventsPanel({ found: { startEvents, providerEvents } }: { found: ExplainedDelivery }) {
  const { t } = operatorTexts();
  const rows = [
    ...startEvents.map(({ id, name, createdAt, publishedAt, tries }) => ({
      id,
      at: createdAt,
      name,
      from: t("one.fromUs"),
      fate: publishedAt ? (
        <>
          {t("one.taken")} <Instant at={publishedAt} />
        </>
      ) : (
        t("one.notTaken", { tries })
      ),
    })),
    ...providerEvents.map(({ id, type, receivedAt }) => ({
      id,
      at: receivedAt,
      name: type,
      from: t("one.fromProvider"),
      fate: null,
    })),
  ].sort((a, b) => a.at.getTime() - b.at.getTime());
  return (
    <TablePanel
      title={t("one.events")}
      none={t("one.noEvents")}
      columns={[
        { title: t("one.at") },
        { title: t("one.event") },
        { title: t("one.from"), look: "whitespace-nowrap" },
        { title: t("one.fate") },
        { title: t("one.id"), look: "min-w-64 break-all text-fg-muted" },
      ]}
      rows={rows.map(({ id, at, name, from, fate }) => ({
        key: id,
        cells: [<Instant key="at" at={at} />, name, from, fate, id],
      }))}
    />
  );
}

function FactsPanel({ found: { delivery } }: { found: ExplainedDelivery }) {
  const { t } = operatorTexts();
  const { providerMessageId, reasonCode } = delivery;
  return (
    <Panel title={t("one.facts")}>
      <dl className="divide-y divide-line">
        <Fact name={t("one.address")}>{maskEmail(delivery.recipient)}</Fact>
        <Fact name={t("one.kind")}>{t(`kind.${delivery.kind}`)}</Fact>
        <Fact name={t("one.language")}>{delivery.language}</Fact>
        <Fact name={t("one.id")}>{delivery.id}</Fact>
        <Fact name={t("one.user")}>
          {delivery.userId}{" "}
          <TextLink href={auditLocation({ user: delivery.userId })}>{t("one.trail")}</TextLink>
        </Fact>
        {providerMessageId ? <Fact name={t("one.messageId")}>{providerMessageId}</Fact> : null}
        {reasonCode ? <Fact name={t("one.reason")}>{reasonCode}</Fact> : null}
      </dl>
    </Panel>
  );
}

import type { ReactNode } from "react";
import { ALL_FAILED, filterOf, readAct, readIds } from "@/app/_ops/acts";
import { listLocation } from "@/app/_ops/filter";
import { requireOperator } from "@/app/_ops/operator";
import { OperatorPage, StatusBadge } from "@/app/_ops/parts";
import { Instant } from "@/components/operators/instant";
import { buttonClass } from "@/components/ui/button-class";
import { TextLink } from "@/components/ui/text-link";
import { addSeconds } from "@/domain/clock";
import { countFailedToReplay, refusalSentence } from "@/domain/replay";
import { type Act, type Chosen, judgeSelection } from "@/domain/selection";
import { operatorTexts } from "@/messages/operators";
import { services } from "@/services";

export const dynamic = "force-dynamic";

type Asked = Record<string, string | string[] | undefined>;

/**
 * Asks before an act is done, and shows what it would come to. `?act=replay|cancel&delivery=…` as often as there are
 * mails, with the filter of the list that they come from; or `?act=replay-failed`. Changes nothing by itself.
 */
export default async function AskPage({ searchParams }: { searchParams: Promise<Asked> }) {
  await requireOperator();
  const asked = await searchParams;
  if (asked.act === "replay-failed") return <AskAllFailed />;
  const act = readAct(asked.act);
  const chosen = act ? await judgeSelection(services(), act, readIds(asked.delivery)) : [];
  const { t } = operatorTexts();
  if (!act || chosen.length === 0)
    return (
      <OperatorPage title={t("ask.nothing")} current="deliveries">
        <p className="text-fg-muted">{t("ask.nothingText")}</p>
        <TextLink href={listLocation(filterOf(asked))}>{t("one.toList")}</TextLink>
      </OperatorPage>
    );
  return <AskChosen act={act} chosen={chosen} asked={asked} />;
}

function AskChosen({ act, chosen, asked }: { act: Act; chosen: readonly Chosen[]; asked: Asked }) {
  const { t } = operatorTexts();
  const possible = chosen.filter(({ refusal }) => refusal === null);
  const leftOut = chosen.filter(({ refusal }) => refusal !== null);
  const values = filterOf(asked);
  const [only] = chosen;
  const back = chosen.length === 1 && only ? `/ops/deliveries/${only.id}` : listLocation(values);
  return (
    <OperatorPage title={t(`ask.${act}`, { count: possible.length })} current="deliveries">
      <p className="mb-4 max-w-prose text-fg-muted">{t(`ask.${act}Text`)}</p>
      {possible.length > 0 ? (
        <>
          <ChosenList chosen={possible} />
          <Decision
            action={`/api/ops/${act}`}
            back={back}
            yes={t(`ask.${act}Yes`, { count: possible.length })}
          >
            <input type="hidden" name="delivery" value={possible.map(({ id }) => id).join(" ")} />
            {Object.entries(values).map(([name, value]) =>
              value ? <input key={name} type="hidden" name={name} value={value} /> : null,
            )}
          </Decision>
        </>
      ) : (
        <div className="mb-5">
          <p>{t("ask.nonePossible")}</p>
          <TextLink href={back}>{t("ask.back")}</TextLink>
        </div>
      )}
      {leftOut.length > 0 ? (
        <>
          <h2 className="mb-3 text-field font-semibold">{t("ask.leftOut", { count: leftOut.length })}</h2>
          <ChosenList chosen={leftOut} />
        </>
      ) : null}
    </OperatorPage>
  );
}

function ChosenList({ chosen }: { chosen: readonly Chosen[] }) {
  const { t } = operatorTexts();
  return (
    <ul className="mb-5 divide-y divide-line rounded-card border border-line bg-surface shadow-card">
      {chosen.map(({ id, address, status, queuedAt, refusal }) => (
        <li key={id} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 px-4 py-2.5">
          <span className="min-w-0 break-words">
            <TextLink href={`/ops/deliveries/${id}`}>{address}</TextLink>
            {/* Masked addresses look alike. */}
            <span className="block text-small text-fg-muted">
              {t("list.queuedAt")} <Instant at={queuedAt} />
            </span>
            {refusal ? (
              <span className="block text-small text-fg-muted">{refusalSentence(refusal)}</span>
            ) : null}
          </span>
          <span>
            <StatusBadge status={status} />
          </span>
        </li>
      ))}
    </ul>
  );
}

async function AskAllFailed() {
  const since = addSeconds(services().clock(), -ALL_FAILED.withinSeconds);
  const { count, isMore } = await countFailedToReplay(services(), { since, limit: ALL_FAILED.atOnce });
  const { t } = operatorTexts();
  return (
    <OperatorPage title={t("now.replayFailed")} current="now">
      <p className="mb-5 max-w-prose">{t("ask.failedText", { count, isMore: isMore ? "yes" : "no" })}</p>
      {count > 0 ? (
        <Decision action="/api/ops/replay-failed" back="/ops" yes={t("ask.replayYes", { count })} />
      ) : (
        <TextLink href="/ops">{t("ask.back")}</TextLink>
      )}
    </OperatorPage>
  );
}

function Decision({
  action,
  back,
  yes,
  children,
}: {
  action: string;
  back: string;
  yes: string;
  children?: ReactNode;
}) {
  return (
    <form method="post" action={action} className="mb-6 flex flex-wrap gap-3">
      {children}
      <button type="submit" className={buttonClass("primary")}>
        {yes}
      </button>
      <a href={back} className={buttonClass("secondary")}>
        {operatorTexts().t("ask.no")}
      </a>
    </form>
  );
}

import "server-only";
import { Instant } from "@/components/operators/instant";
import type { CanaryFigures } from "@/domain/canary";
import { operatorTexts } from "@/messages/operators";
import { Fact, Panel } from "./parts";

/** How registrations of our own have fared within a day. */
export function CanaryPanel({ canary: { last, lastDay } }: { canary: CanaryFigures }) {
  const { t } = operatorTexts();
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  return (
    <Panel title={t("canary.title")}>
      <dl className="divide-y divide-line">
        <Fact name={t("canary.last")}>
          {last ? (
            <>
              {last.acceptedAfterMs === null
                ? t("canary.failed", { reason: last.reason ?? "" })
                : t("canary.accepted", { seconds: seconds(last.acceptedAfterMs) })}
              {" · "}
              <Instant at={last.startedAt} />
            </>
          ) : (
            t("canary.none")
          )}
        </Fact>
        {last && last.answeredMs !== null ? (
          <Fact name={t("canary.answered")}>{t("one.milliseconds", { ms: last.answeredMs })}</Fact>
        ) : null}
        <Fact name={t("canary.lastDay")}>
          {t("canary.through", { through: lastDay.through, runs: lastDay.runs })}
          {lastDay.slowestMs === null
            ? null
            : ` · ${t("canary.slowest", { seconds: seconds(lastDay.slowestMs) })}`}
        </Fact>
      </dl>
    </Panel>
  );
}

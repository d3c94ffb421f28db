// Whether the parts that sending depends on are well.
import { Fact, Panel } from "@/app/_ops/parts";
import { Instant } from "@/components/operators/instant";
import type { Health } from "@/domain/health";
import type { Readiness } from "@/inngest/readiness";
import { operatorTexts } from "@/messages/operators";

const TABLE_CELL = "py-2 pe-4 text-start align-top whitespace-nowrap";

export function HealthPanel({ health, database }: { health: Health; database: Readiness["database"] }) {
  const { t } = operatorTexts();
  const { engine, providers } = health;
  return (
    <Panel title={t("now.health")}>
      <dl className="divide-y divide-line">
        <Fact name={t("now.database")}>{t(`now.${database}`)}</Fact>
        <Fact name={t("now.engine")}>
          {t("now.events", { waiting: engine.waiting })}
          {engine.oldestWaitingAt ? (
            <>
              {" "}
              {t("now.eventsSince")} <Instant at={engine.oldestWaitingAt} />.
            </>
          ) : null}{" "}
          {t("now.lastTaken")} {engine.lastTakenAt ? <Instant at={engine.lastTakenAt} /> : t("now.never")}.
        </Fact>
        {providers.map(({ provider, role, accepted, failed, lastAcceptedAt }) => (
          <Fact key={provider} name={t("now.providerNamed", { provider })}>
            {role === "preferred" ? null : `${t(`now.${role}`)} `}
            {t("now.attempts", { accepted, failed })}
            {lastAcceptedAt ? (
              <>
                {" "}
                {t("now.lastAccepted")} <Instant at={lastAcceptedAt} />.
              </>
            ) : null}
          </Fact>
        ))}
      </dl>
      <Processes processes={health.processes} />
    </Panel>
  );
}

function Processes({ processes }: Pick<Health, "processes">) {
  const { t } = operatorTexts();
  return (
    <div className="mt-3 overflow-x-auto">
      <table className="w-full text-small">
        <caption className="pb-1 text-start text-fg-muted">
          {t("now.processes", { count: processes.length })}
        </caption>
        <thead className="text-fg-muted">
          <tr>
            {(["process", "runsSince", "breakerEngine", "breakerProvider"] as const).map((name) => (
              <th key={name} scope="col" className={`${TABLE_CELL} font-medium`}>
                {t(`now.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {processes.map(({ id, startedAt, engine, mailProvider }) => (
            <tr key={id}>
              <th scope="row" className={`${TABLE_CELL} font-mono font-normal`}>
                {id.slice(0, 8)}
              </th>
              <td className={TABLE_CELL}>
                <Instant at={startedAt} />
              </td>
              <td className={TABLE_CELL}>
                <Breaker state={engine} />
              </td>
              <td className={TABLE_CELL}>
                {mailProvider ? <Breaker state={mailProvider} /> : t("now.noBreaker")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const TONE = {
  closed: "text-done-fg",
  half_open: "text-waiting-fg",
  open: "text-bad-fg font-medium",
} as const;

const Breaker = ({ state }: { state: keyof typeof TONE }) => (
  <span className={TONE[state]}>{operatorTexts().t(`now.${state}`)}</span>
);

import type { AnswerExample, Operation } from "@/app/_openapi/operation";
import { ANY_BODY, ANY_CALL, exampleProblem, type Refused } from "@/app/_openapi/problems";
import { referenceTexts } from "@/messages/reference";
import { type FieldSchema, Fields, SchemaLink } from "./fields";
import { Code, Inline, Lines, Prose } from "./prose";

const EVERYWHERE = new Set([...ANY_CALL, ...ANY_BODY].map(({ code }) => code));

/** One call: what it takes, what it answers, how it refuses. `takes`: the schema of its body. */
export function Call({
  operation,
  takes,
  appUrl,
}: {
  operation: Operation;
  takes: FieldSchema | null;
  appUrl: string;
}) {
  const { t } = referenceTexts();
  const { id, method, path, summary, description, access, answers, refusals } = operation;
  const own = refusals.filter(({ code }) => !EVERYWHERE.has(code));
  return (
    <article
      id={id}
      aria-labelledby={`${id}-name`}
      className="mb-5 scroll-mt-4 rounded-card border border-line bg-surface p-4 shadow-card sm:p-6"
    >
      <h3 id={`${id}-name`} className="text-field font-semibold">
        {summary}
      </h3>
      <p className="mt-1 mb-3 flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <span className="min-w-0 font-mono text-small break-all">
          <span className={`font-semibold ${method === "get" ? "text-done-fg" : "text-accent-fg"}`}>
            {method.toUpperCase()}
          </span>{" "}
          {path}
        </span>
        <span className="rounded-control bg-sunken px-2 py-0.5 text-small text-fg-muted">
          {t(`access.${access}`)}
        </span>
      </p>
      <Prose text={description} />
      <h4 className="mt-4 mb-2 font-semibold">{t("call.takes")}</h4>
      {takes ? (
        <Fields schema={takes} />
      ) : (
        <p className="mb-3 text-small text-fg-muted">{t("call.takesNothing")}</p>
      )}
      <Lines>{requestOf(operation, appUrl)}</Lines>
      <h4 className="mt-4 mb-2 font-semibold">{t("call.answers")}</h4>
      {answers.map(({ status, means, schema, examples }) => (
        <div key={status}>
          <p className="mb-2">
            <Code>{status}</Code> {schema ? <SchemaLink name={schema} /> : t("call.empty")}.{" "}
            <Inline text={means} />
          </p>
          {schema
            ? examples.map((one, index) => <Example key={one.name} one={one} isOpen={index === 0} />)
            : null}
        </div>
      ))}
      {own.length > 0 ? (
        <>
          <h4 className="mt-4 mb-2 font-semibold">{t("call.refusals")}</h4>
          <Refusals refusals={own} name={summary} />
        </>
      ) : null}
    </article>
  );
}

function Example({ one: { name, answer }, isOpen }: { one: AnswerExample; isOpen: boolean }) {
  const { t } = referenceTexts();
  const title = t("call.example", { name: name.replaceAll("_", " ") });
  return (
    <details open={isOpen}>
      <summary className="mb-1 flex min-h-8 cursor-pointer items-center text-small text-fg-muted hover:text-fg">
        {title}
      </summary>
      <Lines>{typeof answer === "string" ? answer.trimEnd() : JSON.stringify(answer, null, 2)}</Lines>
    </details>
  );
}

/** Status, code and sentence of each. */
export function Refusals({ refusals, name }: { refusals: readonly Refused[]; name: string }) {
  const { t } = referenceTexts();
  const problems = refusals.map(exampleProblem).sort((a, b) => a.status - b.status);
  return (
    <table className="w-full border-collapse text-small" aria-label={`${name}: ${t("call.refusals")}`}>
      <thead className="sr-only sm:not-sr-only">
        <tr className="text-start text-fg-muted">
          <th className="py-1 pe-4 text-start font-normal">{t("call.status")}</th>
          <th className="py-1 pe-4 text-start font-normal">{t("call.code")}</th>
          <th className="py-1 text-start font-normal">{t("call.sentence")}</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line border-y border-line">
        {problems.map(({ status, code, detail }) => (
          <tr key={code} className="align-top max-sm:block max-sm:py-2">
            <td className="py-1.5 pe-4 tabular-nums max-sm:inline max-sm:pe-2">{status}</td>
            <td className="py-1.5 pe-4 max-sm:inline">
              <Code>{code}</Code>
            </td>
            <td className="py-1.5 text-fg-muted max-sm:block max-sm:py-0">{detail}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The call of the first example, as one would type it. */
function requestOf({ method, path, access, answers }: Operation, appUrl: string): string {
  const [example] = answers[0]?.examples ?? [];
  const as = example?.as ?? (access === "claim" || access === "account" ? access : "nobody");
  const parts = [
    `curl ${method === "post" ? "-X POST " : ""}${appUrl}${path}`,
    ...(as === "nobody" ? [] : [`-H "Authorization: Bearer $ACCESS_TOKEN"`]),
    ...(example?.sends === undefined
      ? []
      : [`-H "Content-Type: application/json"`, `-d '${JSON.stringify(example.sends)}'`]),
  ];
  return parts.join(" \\\n  ");
}

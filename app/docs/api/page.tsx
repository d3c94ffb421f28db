// The description of the API to read: made on the server from what /api/openapi.json is made of; no script of its own.
import type { Metadata } from "next";
import { COMPONENTS } from "@/app/_openapi/answers";
import { API_INTRODUCTION, describeApi } from "@/app/_openapi/document";
import { TAGS } from "@/app/_openapi/operation";
import { OPERATIONS } from "@/app/_openapi/operations";
import { ANY_BODY, ANY_CALL } from "@/app/_openapi/problems";
import { SiteHeader } from "@/components/site-header";
import { buttonClass } from "@/components/ui/button-class";
import { referenceTexts } from "@/messages/reference";
import { services } from "@/services";
import { Call, Refusals } from "./call";
import { type FieldSchema, Fields } from "./fields";
import { Inline, Prose } from "./prose";

export const dynamic = "force-dynamic";

export function generateMetadata(): Metadata {
  const { t } = referenceTexts();
  return { title: t("page.title"), description: t("page.description") };
}

/** What the page reads of the description. */
type Described = {
  paths: Record<
    string,
    Record<string, { requestBody?: { content: { "application/json": { schema: FieldSchema } } } }>
  >;
  components: { schemas: Record<string, FieldSchema> };
};

export default function ApiPage() {
  const { t } = referenceTexts();
  const { appUrl, passwordMin } = services().settings;
  const described = describeApi({ appUrl, passwordMin }) as Described;
  return (
    <div lang="en" dir="ltr" className="flex flex-1 flex-col">
      <SiteHeader>
        <a href="/api/openapi.json" className={buttonClass("quiet")}>
          {t("page.document")}
        </a>
      </SiteHeader>
      <div className="mx-auto grid w-full max-w-5xl flex-1 grid-cols-1 gap-x-10 px-5 pb-14 sm:px-8 lg:grid-cols-[13rem_minmax(0,1fr)]">
        <Contents />
        <main className="min-w-0">
          <h1 className="mb-2 text-title font-semibold tracking-tight">{t("page.heading")}</h1>
          <p className="mb-4 max-w-prose text-fg-muted">{t("page.intro")}</p>
          <Prose text={API_INTRODUCTION} />
          <h2 id="any" className="mt-8 mb-1 scroll-mt-4 text-title font-semibold tracking-tight">
            {t("call.any")}
          </h2>
          <p className="mb-3 max-w-prose text-fg-muted">{t("call.anyText")}</p>
          <Refusals refusals={[...ANY_BODY, ...ANY_CALL]} name={t("call.any")} />
          {Object.entries(TAGS).map(([tag, text]) => (
            <section key={tag} aria-labelledby={anchorOf(tag)}>
              <h2
                id={anchorOf(tag)}
                className="mt-10 mb-1 scroll-mt-4 text-title font-semibold tracking-tight"
              >
                {tag}
              </h2>
              <Prose text={text} className="text-fg-muted" />
              {OPERATIONS.filter((operation) => operation.tag === tag).map((operation) => (
                <Call
                  key={operation.id}
                  operation={operation}
                  appUrl={appUrl}
                  takes={
                    described.paths[operation.path]?.[operation.method]?.requestBody?.content[
                      "application/json"
                    ].schema ?? null
                  }
                />
              ))}
            </section>
          ))}
          <section aria-labelledby="data">
            <h2 id="data" className="mt-10 mb-3 scroll-mt-4 text-title font-semibold tracking-tight">
              {t("call.data")}
            </h2>
            {Object.keys(COMPONENTS).map((name) => (
              <Schema key={name} name={name} schema={described.components.schemas[name] ?? {}} />
            ))}
          </section>
        </main>
      </div>
    </div>
  );
}

const anchorOf = (tag: string) => `about-${tag.toLowerCase().replaceAll(" ", "-")}`;

/** Beside the calls on a wide page, folded above them on a narrow one. */
function Contents() {
  const { t } = referenceTexts();
  const list = (
    <ul>
      {Object.keys(TAGS).map((tag) => (
        <li key={tag} className="mb-3">
          <a href={`#${anchorOf(tag)}`} className="inline-block min-h-6 font-medium hover:underline">
            {tag}
          </a>
          <ul>
            {OPERATIONS.filter((operation) => operation.tag === tag).map(({ id, summary }) => (
              <li key={id}>
                <a href={`#${id}`} className="block py-1 text-small text-fg-muted hover:text-fg">
                  {summary}
                </a>
              </li>
            ))}
          </ul>
        </li>
      ))}
      <li>
        <a href="#data" className="inline-block min-h-6 font-medium hover:underline">
          {t("call.data")}
        </a>
      </li>
    </ul>
  );
  return (
    <>
      <nav
        aria-label={t("nav.label")}
        className="sticky top-4 hidden max-h-[calc(100dvh-2rem)] self-start overflow-y-auto pb-4 lg:block"
      >
        {list}
      </nav>
      <details className="mb-5 rounded-card border border-line bg-surface px-4 lg:hidden">
        <summary className="flex min-h-11 cursor-pointer items-center font-medium">{t("nav.top")}</summary>
        <nav aria-label={t("nav.label")} className="pb-3">
          {list}
        </nav>
      </details>
    </>
  );
}

function Schema({ name, schema }: { name: string; schema: FieldSchema }) {
  return (
    <article
      id={name}
      aria-labelledby={`${name}-name`}
      className="mb-5 scroll-mt-4 rounded-card border border-line bg-surface p-4 shadow-card sm:p-6"
    >
      <h3 id={`${name}-name`} className="mb-2 font-mono text-field font-semibold">
        {name}
      </h3>
      {schema.description ? (
        <p className="mb-3 max-w-prose">
          <Inline text={schema.description} />
        </p>
      ) : null}
      {schema.properties ? (
        <Fields schema={schema} />
      ) : (
        <p className="text-small">{schema.enum?.join(", ")}</p>
      )}
    </article>
  );
}

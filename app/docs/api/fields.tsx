import { referenceTexts } from "@/messages/reference";
import { Code, Inline } from "./prose";

/** As much of JSON Schema as the description uses. */
export type FieldSchema = {
  type?: string;
  format?: string;
  pattern?: string;
  const?: unknown;
  enum?: string[];
  description?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  properties?: Record<string, FieldSchema>;
  required?: string[];
  items?: FieldSchema;
  anyOf?: FieldSchema[];
  $ref?: string;
};

/** The fields of an object, those inside of others by their path. */
export function Fields({ schema }: { schema: FieldSchema }) {
  const { t } = referenceTexts();
  return (
    <dl className="mb-3 divide-y divide-line border-y border-line">
      {listFields(schema).map(({ path, field, isRequired }) => (
        <div key={path} className="grid gap-x-4 gap-y-0.5 py-2 sm:grid-cols-[13rem_minmax(0,1fr)]">
          <dt className="min-w-0 text-small break-words">
            <Code>{path}</Code>
          </dt>
          <dd className="min-w-0 text-small">
            <span className="text-fg-muted">
              <Type schema={field} />
              {isRequired ? null : `, ${t("call.optional")}`}
            </span>
            {field.description ? (
              <span className="block">
                <Inline text={field.description} />
              </span>
            ) : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function listFields(
  schema: FieldSchema,
  prefix = "",
): { path: string; field: FieldSchema; isRequired: boolean }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const isRequired = schema.required?.includes(name) ?? false;
    const inside = [field, ...(field.anyOf ?? [])].flatMap((one) => listFields(one, `${path}.`));
    // The forms of a union share fields.
    const seen = new Set<string>();
    const unique = inside.filter((one) => !seen.has(one.path) && seen.add(one.path));
    return [{ path, field, isRequired }, ...unique];
  });
}

function Type({ schema }: { schema: FieldSchema }) {
  const { t } = referenceTexts();
  if (schema.$ref) return <SchemaLink name={schema.$ref.split("/").at(-1) ?? ""} />;
  if (schema.anyOf) {
    const forms = schema.anyOf.filter((form) => !form.properties);
    const shown = forms.length < schema.anyOf.length ? [{ type: "object" }, ...forms] : forms;
    return shown.map((form, index) => (
      <span key={JSON.stringify(form)}>
        {index > 0 ? ` ${t("type.or")} ` : null}
        <Type schema={form} />
      </span>
    ));
  }
  if (schema.items)
    return (
      <>
        {t("type.list")} <Type schema={schema.items} />
      </>
    );
  if (schema.enum)
    return schema.enum.map((value, index) => (
      <span key={value}>
        {index > 0 ? ", " : null}
        <Code>{value}</Code>
      </span>
    ));
  if (schema.const !== undefined) return <Code>{JSON.stringify(schema.const)}</Code>;
  return [schema.format ?? schema.type ?? "", ...bounds(schema)].join(", ");
}

function bounds({ minLength, maxLength, minimum }: FieldSchema): string[] {
  const { t } = referenceTexts();
  return [
    ...(minLength === undefined ? [] : [t("type.min", { count: minLength })]),
    ...(maxLength === undefined ? [] : [t("type.max", { count: maxLength })]),
    ...(minimum === undefined ? [] : [t("type.atLeast", { count: minimum })]),
  ];
}

export function SchemaLink({ name }: { name: string }) {
  return (
    <a href={`#${name}`} className="text-accent-fg underline underline-offset-4">
      {name}
    </a>
  );
}

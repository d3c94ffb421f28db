// The description of the API: OpenAPI 3.1, made from the operations and from the schemas that the calls themselves
// read by. Its examples are run against the product by tests/e2e/contract.spec.ts.
import { z } from "zod";
import { COMPONENTS, type ComponentName } from "./answers";
import { type Access, type Answer, HEADERS, type HeaderName, type Operation, TAGS } from "./operation";
import { OPERATIONS } from "./operations";
import { exampleProblem, PROBLEM_STATUS, type Refused } from "./problems";

type Json = Record<string, unknown>;

export type ApiSettings = {
  /** Where people reach the app; no trailing slash. */
  appUrl: string;
  passwordMin: number;
};

/** Of the contract, as its addresses say: `/api/v1`. */
const VERSION = "1.0.0";

/** What holds for all calls: Markdown. */
export const API_INTRODUCTION = `People register, confirm their address by a code or a link, and sign in. Bodies are JSON in UTF-8, times ISO 8601 in UTC.

**Errors** are \`application/problem+json\` (RFC 9457) with a \`code\` for machines, a sentence for people, the fields where there are some, and with every 429 and 503 the time from which the same request will be accepted. A method that a call does not take is 405 \`method_not_allowed\` with \`Allow\`, an address that does not exist 404 \`not_found\`.

**Languages.** Sentences come in the best that \`Accept-Language\` asks for: English, German, French, Spanish, Portuguese, Japanese, Chinese, Arabic or Persian.

**Browsers.** Pages of the same site may send a form instead of JSON and are answered with 303 to the page that comes next; they get a session cookie, which serves in the place of a token. Other sites may read nothing.

More fields may be added to answers; none is removed or renamed.`;

/** The whole description. Its objects are open: fields may be added. */
export function describeApi(settings: ApiSettings): Json {
  const paths: Record<string, Json> = {};
  for (const operation of OPERATIONS)
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation, settings) };
  return {
    openapi: "3.1.0",
    info: {
      title: "Latchkey",
      version: VERSION,
      description: API_INTRODUCTION,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: settings.appUrl }],
    externalDocs: { description: "To read", url: `${settings.appUrl}/docs/api` },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: componentSchemas(),
      headers: Object.fromEntries(
        Object.entries(HEADERS).map(([name, description]) => [
          name,
          { description, schema: { type: name === "Retry-After" ? "integer" : "string" } },
        ]),
      ),
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description:
            "The `access_token` of a registration opens the calls of its claim; one of a confirmed account opens everything.",
        },
        cookie: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-latchkey.session",
          description:
            "What browsers have. A call that changes something must then come from a page of this site.",
        },
      },
    },
  };
}

function describe(operation: Operation, settings: ApiSettings): Json {
  const { id, tag, summary, description, access, takes, isBodyOptional = false } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [description, ACCESS[access].means].filter(Boolean).join("\n\n"),
    security: ACCESS[access].security,
    ...(takes
      ? {
          requestBody: {
            required: !isBodyOptional,
            content: {
              "application/json": { schema: toSchema(takes(settings)), examples: requestExamples(operation) },
            },
          },
        }
      : {}),
    responses: { ...answersOf(operation), ...refusalsOf(operation.refusals) },
  };
}

const SIGNED_IN = [{ bearer: [] }, { cookie: [] }];
const ACCESS: Record<Access, { security: Json[]; means: string }> = {
  anybody: { security: [], means: "" },
  perhaps: { security: [{}, ...SIGNED_IN], means: "" },
  claim: { security: SIGNED_IN, means: "Takes the token of a claim or of an account." },
  account: { security: SIGNED_IN, means: "Takes the token of an account whose address is confirmed." },
};

function requestExamples({ answers, refusals }: Operation): Json {
  const named = [
    ...answers.flatMap((answer) => answer.examples.map(({ name, sends }) => [name, sends] as const)),
    ...refusals.map(({ code, sends }) => [code, sends] as const),
  ];
  return Object.fromEntries(
    named.filter(([, sends]) => sends !== undefined).map(([name, value]) => [name, { value }]),
  );
}

function answersOf({ answers }: Operation): Json {
  return Object.fromEntries(answers.map((answer) => [answer.status, describeAnswer(answer)]));
}

function describeAnswer(answer: Answer): Json {
  const { means, schema, isStream, hasSentences, headers = [], examples } = answer;
  const told = Object.fromEntries(examples.map(({ name, answer: value }) => [name, { value }]));
  const content = isStream
    ? {
        "text/event-stream": {
          schema: {
            type: "string",
            description:
              "Events `confirmation`, each with its data in one line; between them, every 15 seconds, an event `heartbeat` with nothing in it.",
          },
          examples: told,
          // OpenAPI 3.1 has no word for what is in a stream.
          "x-event-data": { confirmation: schema && refer(schema) },
        },
      }
    : schema && { "application/json": { schema: refer(schema), examples: told } };
  return {
    description: means,
    headers: referHeaders(
      "Cache-Control",
      ...headers,
      ...(hasSentences ? (["Content-Language"] as const) : []),
    ),
    ...(content ? { content } : {}),
  };
}

/** One response a status: its schema says which codes it may have, its examples show each. */
function refusalsOf(refusals: readonly Refused[]): Json {
  const statuses = [...new Set(refusals.map(({ code }) => PROBLEM_STATUS[code]))].sort((a, b) => a - b);
  const of = (status: number) => refusals.filter(({ code }) => PROBLEM_STATUS[code] === status);
  return Object.fromEntries(statuses.map((status) => [status, describeRefusals(status, of(status))]));
}

function describeRefusals(status: number, refusals: readonly Refused[]): Json {
  const codes = refusals.map(({ code }) => code);
  const examples = Object.fromEntries(refusals.map((one) => [one.code, { value: exampleProblem(one) }]));
  return {
    description: codes.map((code) => `\`${code}\``).join(", "),
    headers: referHeaders(
      "Cache-Control",
      "Content-Language",
      ...(status === 401 ? (["WWW-Authenticate"] as const) : []),
      ...(codes.some((code) => saysWhen(code)) ? (["Retry-After"] as const) : []),
    ),
    content: {
      "application/problem+json": {
        schema: {
          allOf: [refer("Problem"), { properties: { status: { const: status }, code: { enum: codes } } }],
        },
        examples,
      },
    },
  };
}

/** Promise P10. */
const saysWhen = (code: Refused["code"]) => PROBLEM_STATUS[code] === 429 || PROBLEM_STATUS[code] === 503;

const refer = (name: ComponentName): Json => ({ $ref: `#/components/schemas/${name}` });

const referHeaders = (...names: HeaderName[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

function componentSchemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(COMPONENTS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io: "output",
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      tidy(jsonSchema);
    },
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $id: _id, $schema: _dialect, ...schema }]) => [id, schema]),
  );
}

/** What a call takes: fields that it does not know are left alone. */
function toSchema(schema: z.ZodType): Json {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema }) => tidy(jsonSchema),
  });
  return json;
}

/** zod says a format twice, once as a pattern of hundreds of characters, and of any integer that it is safe. */
function tidy(schema: { format?: unknown; pattern?: unknown; maximum?: unknown }): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

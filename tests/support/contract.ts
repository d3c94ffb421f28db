// Holds an answer to the description of the API: its status, its headers, its body, and no field beside.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { readRunning } from "./running";

type Media = { schema: object; examples?: Record<string, { value?: unknown }> };
export type DescribedAnswer = {
  description: string;
  headers: Record<string, unknown>;
  content?: Record<string, Media>;
};
export type DescribedCall = {
  operationId: string;
  security: Record<string, unknown>[];
  requestBody?: {
    required: boolean;
    content: Record<string, Media>;
  };
  responses: Record<string, DescribedAnswer>;
};
export type Description = {
  openapi: string;
  paths: Record<string, Record<string, DescribedCall>>;
  components: { schemas: Record<string, object> };
};
export type SeenAnswer = { status: number; headers: Headers; body: string };

export type Contract = {
  description: Description;
  /** What is wrong with a value that should be as the schema at `place` (keys of the description) says. */
  findFaults(place: readonly string[], value: unknown): string[];
  /** What is wrong with an answer to a call; empty when it is as described. Of a stream `body` is its beginning. */
  findAnswerFaults(method: string, path: string, answer: SeenAnswer): string[];
};

const ROOT = "description";

/** Clients are told that fields may be added. Here, a field that is not described is a fault of the one or the other. */
export function createContract(description: Description): Contract {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const schemas = close(description.components.schemas);
  ajv.addSchema({ $id: ROOT, ...description, components: { ...description.components, schemas } });
  const compiled = new Map<string, ValidateFunction>();

  const findFaults: Contract["findFaults"] = (place, value) => {
    const pointer = place.map((key) => key.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `${ROOT}#/${encodeURI(pointer)}` });
    compiled.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].filter(Boolean).join(" "),
    );
  };

  function findBodyFaults(
    at: readonly string[],
    { content = {} }: DescribedAnswer,
    answer: SeenAnswer,
  ): string[] {
    const types = Object.keys(content);
    const type = (answer.headers.get("content-type") ?? "").split(";")[0] ?? "";
    if (types.length === 0) return answer.body === "" ? [] : ["it has a body"];
    if (!types.includes(type)) return [`it is ${type || "of no type"}, not ${types.join(" or ")}`];
    const place = [...at, "responses", String(answer.status), "content", type, "schema"];
    if (type !== "text/event-stream") return findFaults(place, JSON.parse(answer.body));
    const events = [...answer.body.matchAll(/^event: confirmation\ndata: (.+)\n\n/gm)];
    if (events.length === 0) return ["the stream holds no event"];
    return events.flatMap(([, json = ""]) =>
      findFaults(["components", "schemas", "Confirmation"], JSON.parse(json)),
    );
  }

  return {
    description,
    findFaults,
    findAnswerFaults(method, path, answer) {
      const call = description.paths[path]?.[method.toLowerCase()];
      if (!call) return [`${method} ${path} is not described`];
      const described = call.responses[answer.status];
      if (!described) return [`${answer.status} is not described: ${answer.body.slice(0, 300)}`];
      const missing = Object.keys(described.headers).filter((name) => !isHeaderThere(name, answer));
      return [
        ...missing.map((name) => `the header ${name} is missing`),
        ...findBodyFaults(["paths", path, method.toLowerCase()], described, answer),
      ];
    },
  };
}

function isHeaderThere(name: string, { headers }: SeenAnswer): boolean {
  const value = headers.get(name);
  return name === "Retry-After" ? Number(value) > 0 : value !== null;
}

/** The same schemas, without room for fields that they do not name. What names none is somebody else's. */
function close<Node>(node: Node): Node {
  if (Array.isArray(node)) return node.map(close) as Node;
  if (typeof node !== "object" || node === null) return node;
  const inside = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, close(value)]));
  const names = "properties" in node && "type" in node && node.type === "object" ? node.properties : null;
  return (Object.keys(names ?? {}).length > 0 ? { ...inside, additionalProperties: false } : inside) as Node;
}

let live: Promise<Contract> | undefined;

/** The description of the running product, read once. */
export function readContract(): Promise<Contract> {
  live ??= fetch(`${readRunning().app.url}/api/openapi.json`).then(async (answer) =>
    createContract((await answer.json()) as Description),
  );
  return live;
}

/** Throws unless an answer of JSON is as described. Streams, forms' redirects and other methods have tests of their own. */
export async function holdToContract(method: string, path: string, response: Response): Promise<void> {
  if (!/^\/api\/(v1\/usr\/|health$|ready$)/.test(path)) return;
  if (response.status === 405 || !/json$/.test(response.headers.get("content-type") ?? "")) return;
  const { description, findAnswerFaults } = await readContract();
  // tests/unit/app/openapi.test.ts holds that what is not described is not there.
  if (!description.paths[path]) return;
  const { status, headers } = response;
  const body = await response.clone().text();
  const faults = findAnswerFaults(method, path, { status, headers, body });
  if (faults.length > 0)
    throw new Error(`${method} ${path} is not as described: ${faults.join("; ")}\n${body}`);
}

// The description of the API by itself: valid, whole, and true to the files that answer. What it says of the running
// product is tried by tests/e2e/contract.spec.ts.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { STATUS_OF } from "@/app/_http/make-problem";
import { COMPONENTS } from "@/app/_openapi/answers";
import { describeApi } from "@/app/_openapi/document";
import { OPERATIONS } from "@/app/_openapi/operations";
import { exampleProblem } from "@/app/_openapi/problems";
import { createContract, type Description } from "@/tests/support/contract";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const settings = { appUrl: "https://app.example.com", passwordMin: 12 };
const description = describeApi(settings) as unknown as Description;
const text = JSON.stringify(description);
const { findFaults } = createContract(description);

/** Public calls that exist, by the folders of app/api: the address and the methods that a file answers. */
const routes = readdirSync(path.join(ROOT, "app/api"), { recursive: true, encoding: "utf8" })
  .filter((file) => /^(v1\/usr\/|health\/|ready\/).*route\.ts$|^(health|ready)\/route\.ts$/.test(file))
  .flatMap((file) => {
    const source = readFileSync(path.join(ROOT, "app/api", file), "utf8");
    const methods = [...source.matchAll(/^export (?:async )?function ([A-Z]+)\(/gm)].map((match) => match[1]);
    return methods.map((method) => `${method} /api/${path.dirname(file)}`);
  });

describe("the description of the API", () => {
  test("is valid OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(describeApi(settings));
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  test("names every public call that app/api answers, and no other; add a new one to app/_openapi/operations", () => {
    expect(routes.length).toBeGreaterThan(20);
    const described = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(described.toSorted()).toEqual(routes.toSorted());
    expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length);
  });

  test("names every call of README's table", () => {
    const table = readFileSync(path.join(ROOT, "README.md"), "utf8")
      .split("## The API")[1]
      ?.split("\n## ")[0];
    const named = [...(table ?? "").matchAll(/^\| `(?:GET|POST) (\/api\/v1\/usr\/[\w/-]+)`/gm)].map(
      (match) => match[1],
    );
    expect(named.length).toBeGreaterThan(15);
    for (const address of named) expect(Object.keys(description.paths)).toContain(address);
  });

  test("names every code that the domain can refuse with, at some call", () => {
    const told = new Set(OPERATIONS.flatMap(({ refusals }) => refusals.map(({ code }) => code)));
    for (const code of Object.keys(STATUS_OF)) expect(told, code).toContain(code);
  });

  test("says what this installation asks of a password, and where it is", () => {
    expect(text).toContain('"minLength":12');
    expect(text).toContain('"servers":[{"url":"https://app.example.com"}]');
  });

  test("leaves room for more fields", () => {
    expect(text).not.toContain("additionalProperties");
  });
});

describe("its examples", () => {
  for (const { id, path: address, method, answers, refusals, takes } of OPERATIONS) {
    test(`of ${id} are what their schemas say`, () => {
      const at = ["paths", address, method];
      for (const { status, schema, isStream, examples } of answers)
        for (const { name, answer, sends } of examples) {
          const type = isStream ? "text/event-stream" : "application/json";
          const place = [...at, "responses", String(status), "content", type, "schema"];
          if (schema) expect(findFaults(place, answer), name).toEqual([]);
          if (schema && !isStream) expect(COMPONENTS[schema].safeParse(answer).error, name).toBeUndefined();
          if (!takes) continue;
          const body = [...at, "requestBody", "content", "application/json", "schema"];
          expect(findFaults(body, sends), name).toEqual([]);
          expect(takes(settings).safeParse(sends).error, name).toBeUndefined();
        }
      for (const refused of refusals) {
        const problem = exampleProblem(refused);
        const place = [
          ...at,
          "responses",
          String(problem.status),
          "content",
          "application/problem+json",
          "schema",
        ];
        expect(findFaults(place, problem), refused.code).toEqual([]);
      }
    });
  }
});

test("a wrong answer is found: another type, a field too many, one too few, a code of another call", () => {
  const place = (status: string, type: string) =>
    ["paths", "/api/v1/usr/me", "get", "responses", status, "content", type, "schema"] as const;
  const me = OPERATIONS.find(({ id }) => id === "readMe")?.answers[0]?.examples[0]?.answer as object;
  const at = place("200", "application/json");
  expect(findFaults(at, me)).toEqual([]);
  expect(findFaults(at, { ...me, id: 7 })).not.toEqual([]);
  expect(findFaults(at, { ...me, created_at: "yesterday" })).not.toEqual([]);
  expect(findFaults(at, { ...me, password_hash: "…" })).not.toEqual([]);
  expect(findFaults(at, { ...me, email: undefined })).not.toEqual([]);
  const problem = exampleProblem({ code: "wrong_code" });
  expect(findFaults(place("401", "application/problem+json"), problem)).not.toEqual([]);
});

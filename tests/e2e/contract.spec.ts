// Every example of the description, against the running product: what it promises comes, in status, headers and body.
// An example that cannot be run here names the test that has it (ELSEWHERE).
import { readdirSync, readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import path from "node:path";
import { expect, test } from "@playwright/test";
import type { Problem } from "@/app/_http/problem";
import { readContract, type SeenAnswer } from "../support/contract";
import { type Call, listCalls, prepare, type Shot } from "../support/contract-examples";
import { newPerson } from "../support/people";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Which test sees the product answer so: under limits, in a rush, without its database or its engine. */
const ELSEWHERE: Record<string, string> = {
  body_timeout: "tests/e2e/contract.spec.ts",
  internal_error: "tests/integration/app/contract.test.ts",
  unavailable: "tests/integration/app/contract.test.ts",
  busy: "tests/integration/app/contract.test.ts",
  address_limit: "tests/integration/app/contract.test.ts",
  domain_limit: "tests/integration/app/contract.test.ts",
  site_limit: "tests/integration/app/contract.test.ts",
  password_limit: "tests/integration/app/contract.test.ts",
  not_ready: "tests/integration/app/contract.test.ts",
  registration_limit: "tests/e2e/limits.spec.ts",
  sign_in_limit: "tests/e2e/limits.spec.ts",
  refresh_limit: "tests/e2e/limits.spec.ts",
  link_limit: "tests/e2e/limits.spec.ts",
  proof_required: "tests/e2e/proof-of-work.spec.ts",
  sent_at_once: "tests/e2e/sync-mode.spec.ts",
  not_sent_yet: "tests/e2e/sync-mode.spec.ts",
};

test("each example that is not run here is in the test that is named", () => {
  for (const [name, file] of Object.entries(ELSEWHERE))
    expect(readFileSync(path.join(ROOT, file), "utf8"), `${name} in ${file}`).toContain(name);
});

/** As the folders of app/api have them: Playwright wants to know its tests before the product runs. */
const addresses = readdirSync(path.join(ROOT, "app/api"), { recursive: true, encoding: "utf8" })
  .filter((file) => /^(v1\/usr\/.*|health|ready)\/route\.ts$/.test(file))
  .map((file) => `/api/${path.dirname(file)}`);

for (const address of addresses)
  test(`${address} answers as the examples of its description say`, async ({ baseURL }) => {
    test.setTimeout(120_000);
    const { description } = await readContract();
    const calls = listCalls(description, address);
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) {
      const here = listExamples(call).filter(({ name }) => !(name in ELSEWHERE));
      expect(here.length).toBeGreaterThan(0);
      await Promise.all(here.map((example) => tryExample(baseURL ?? "", call, example)));
    }
  });

type Example = { name: string; status: number; value: unknown };

function listExamples({ responses, bodiless }: Call): Example[] {
  const told = Object.entries(responses).flatMap(([status, { content = {} }]) =>
    Object.values(content).flatMap((media) =>
      Object.entries(media.examples ?? {}).map(([name, { value }]) => ({
        name,
        status: Number(status),
        value,
      })),
    ),
  );
  return [...told, ...bodiless.map((name) => ({ name, status: 204, value: undefined }))];
}

async function tryExample(baseUrl: string, call: Call, { name, status, value }: Example): Promise<void> {
  const told = `${call.operationId}, example "${name}"`;
  const answer = await shoot(baseUrl, call, await prepare(call, name));
  expect(answer.status, `${told}: ${answer.body.slice(0, 300)}`).toBe(status);
  const { findAnswerFaults } = await readContract();
  expect(findAnswerFaults(call.method, call.path, answer), told).toEqual([]);
  if (status >= 400) expectSameProblem(told, JSON.parse(answer.body), value as Problem);
  else if (!call.isStream && value !== undefined)
    expect(Object.keys(JSON.parse(answer.body)).sort(), told).toEqual(Object.keys(value as object).sort());
}

/** The code, the sentence and the fields; times and counts are those of the moment. */
function expectSameProblem(told: string, problem: Problem, example: Problem): void {
  const { next_allowed_at: _when, tries_left: _tries, ...same } = example;
  expect(problem, told).toMatchObject(same);
}

async function shoot(
  baseUrl: string,
  { method, path, isStream }: Call,
  { token, headers, body }: Shot,
): Promise<SeenAnswer> {
  const leave = new AbortController();
  const response = await fetch(`${baseUrl}${path}`, {
    method: method.toUpperCase(),
    redirect: "manual",
    signal: leave.signal,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    ...(body === undefined
      ? {}
      : { body: typeof body === "string" || body instanceof Blob ? body : JSON.stringify(body) }),
  });
  const { status } = response;
  if (!isStream || status !== 200) return { status, headers: response.headers, body: await response.text() };
  let seen = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    seen += chunk;
    if (/^data: .+\n\n/m.test(seen)) break;
  }
  leave.abort();
  return { status, headers: response.headers, body: seen };
}

test("a body that does not arrive in time: 408 body_timeout, as described", async ({ baseURL }) => {
  const answer = await new Promise<SeenAnswer>((resolve, reject) => {
    const outgoing = httpRequest(
      `${baseURL}/api/v1/usr/register`,
      { method: "POST", headers: { "content-type": "application/json", "content-length": "100" } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => void chunks.push(chunk));
        incoming.on("end", () => {
          const headers = new Headers(
            Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]),
          );
          resolve({
            status: incoming.statusCode ?? 0,
            headers,
            body: Buffer.concat(chunks).toString("utf8"),
          });
          outgoing.destroy();
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.write('{"username": "');
  });
  expect(answer.status).toBe(408);
  const { findAnswerFaults } = await readContract();
  expect(findAnswerFaults("post", "/api/v1/usr/register", answer)).toEqual([]);
  expect(JSON.parse(answer.body)).toMatchObject({ code: "body_timeout" });
});

test("the description may be kept for minutes, and refuses other methods like any call", async ({
  request,
}) => {
  const answer = await request.get("/api/openapi.json");
  expect(answer.headers()).toMatchObject({
    "content-type": "application/json",
    "cache-control": "public, max-age=300",
  });
  expect(await answer.json()).toMatchObject({ openapi: "3.1.0", servers: [{ url: expect.any(String) }] });
  expect((await request.post("/api/openapi.json", { data: newPerson() })).status()).toBe(405);
});

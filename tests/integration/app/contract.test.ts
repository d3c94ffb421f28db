// What the description says of refusals that no test brings about in the whole product: without a database, in a rush,
// by a mistake of ours. Held to it are the answers of the real handlers, or of what makes every refusal into one.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { LIMITS } from "@/domain/limits";
import { type Contract, createContract, type Description, type SeenAnswer } from "@/tests/support/contract";

let services: typeof import("@/services");
let respond: typeof import("@/app/_http/respond");
let errors: typeof import("@/domain/errors");
let operations: typeof import("@/app/_openapi/operations");
let findContractFaults: Contract["findAnswerFaults"];

beforeAll(async () => {
  const environment = {
    APP_SECRET: "a secret for tests that is long enough",
    // Nobody listens there.
    DATABASE_URL: "postgres://nobody@127.0.0.1:9/none",
    RESEND_API_KEY: "re_test",
    RESEND_BASE_URL: "http://127.0.0.1:9",
    INNGEST_DEV: "1",
    LOG_LEVEL: "silent",
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  services = await import("@/services");
  respond = await import("@/app/_http/respond");
  errors = await import("@/domain/errors");
  operations = await import("@/app/_openapi/operations");
  const { describeApi } = await import("@/app/_openapi/document");
  const description = describeApi({ appUrl: "http://localhost:3000", passwordMin: 8 });
  findContractFaults = createContract(description as unknown as Description).findAnswerFaults;
});
afterAll(async () => {
  await services.services().notifications.close();
  await services.services().database.close();
  vi.unstubAllEnvs();
});

const request = (path: string, body?: object) =>
  new Request(`http://localhost:3000${path}`, {
    ...(body
      ? { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }
      : {}),
  });

const seen = async (response: Response): Promise<SeenAnswer> => ({
  status: response.status,
  headers: response.headers,
  body: await response.text(),
});

/** Every call whose description has this code must describe this answer. */
function expectDescribed(code: string, answer: SeenAnswer): void {
  const calls = operations.OPERATIONS.filter(({ refusals }) => refusals.some((one) => one.code === code));
  expect(calls.length, code).toBeGreaterThan(0);
  expect(JSON.parse(answer.body)).toMatchObject({ code });
  for (const { method, path } of calls) expect(findContractFaults(method, path, answer), path).toEqual([]);
}

describe("the description holds for", () => {
  test("unavailable: the database is away", async () => {
    const { POST } = await import("@/app/api/v1/usr/register/route");
    const body = { username: "ada", email: "ada@example.com", password: "correct horse battery" };
    const answer = await seen(await POST(request("/api/v1/usr/register", body)));
    expectDescribed("unavailable", answer);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("not_ready: a process without its database", async () => {
    const { GET } = await import("@/app/api/ready/route");
    const answer = await seen(await GET());
    expect(JSON.parse(answer.body)).toMatchObject({ status: "not_ready", database: "away" });
    expect(findContractFaults("get", "/api/ready", answer)).toEqual([]);
  });

  test("internal_error: nobody thought of it", async () => {
    const answer = respond.problemResponse(new Error("a mistake of ours"), request("/"));
    expectDescribed("internal_error", await seen(answer));
  });

  test("busy: too many passwords at once", async () => {
    const error = new errors.DomainError("busy", { nextAllowedAt: new Date(Date.now() + 5_000) });
    const answer = await seen(respond.problemResponse(error, request("/")));
    expectDescribed("busy", answer);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  // address_limit, domain_limit, site_limit, password_limit and the others of the list.
  test.each(Object.values(LIMITS).map((limit) => [limit.name, limit] as const))(
    "the limit %s",
    async (_, limit) => {
      const { code, text } = limit;
      const error = new errors.DomainError(code, { text, nextAllowedAt: new Date() });
      const answer = await seen(respond.problemResponse(error, request("/")));
      expectDescribed(code, answer);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    },
  );
});

// Who is gone here is forgotten by the engine too, once it answers.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { EXIT } from "@/cli/ops/command";
import { COMMANDS } from "@/cli/ops/commands";
import { runOps } from "@/cli/ops/run";
import { forgottenIds } from "@/db/schema-outside";
import { confirmEmail } from "@/domain/email-confirmation";
import { deleteAccount, erasePerson } from "@/domain/erasure";
import { registerUser } from "@/domain/registration";
import { hashSigningKey } from "@/inngest/signing-key";
import { codeOf } from "@/tests/support/codes";
import { completeEnvironment } from "@/tests/support/environment";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
type Told = { path: string | undefined; authorization: string | undefined; ids: string[]; keep: string[] };
const told: Told[] = [];
let answer: { status: number; body: string };
const engine = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const { url: path, headers } = request;
    told.push({
      path,
      authorization: headers.authorization,
      ...(JSON.parse(body) as Pick<Told, "ids" | "keep">),
    });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  });
});
let forgetAtEngine: typeof import("@/inngest/forget")["forgetAtEngine"];

beforeAll(async () => {
  await new Promise<void>((resolve) => engine.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(engine.address() as AddressInfo).port}`;
  for (const [name, value] of Object.entries({ ...completeEnvironment, INNGEST_BASE_URL: url }))
    vi.stubEnv(name, value);
  ({ forgetAtEngine } = await import("@/inngest/forget"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  engine.close();
});
beforeEach(async () => {
  told.length = 0;
  answer = { status: 200, body: JSON.stringify({ data: { events: 2, runs: 1 } }) };
  await services.db.delete(forgottenIds);
});

const left = () => services.db.$count(forgottenIds);

test("ids of who was erased are told once, with our key, and are kept no longer", async () => {
  const person = someone();
  const { user, deliveryId, outboxId } = await registerUser(services, person);
  await erasePerson(services, person.email);
  expect(await forgetAtEngine(services)).toEqual({ kind: "forgotten", events: 2, runs: 1 });
  expect(told).toEqual([
    {
      path: "/v1/forget",
      authorization: `Bearer ${hashSigningKey(completeEnvironment.INNGEST_SIGNING_KEY)}`,
      ids: expect.arrayContaining([user.id, deliveryId, outboxId]),
      // It is what has Intercom forget them.
      keep: ["user/erased"],
    },
  ]);
  expect(await left()).toBe(0);
  expect(await forgetAtEngine(services)).toBeNull();
  expect(told).toHaveLength(1);
});

test("also of who deletes their account themselves", async () => {
  const person = someone();
  const { user, deliveryId } = await registerUser(services, person);
  const { session } = await confirmEmail(services, user.id, await codeOf(services, deliveryId));
  await deleteAccount(services, session.identity, { password: person.password });
  await forgetAtEngine(services);
  expect(told[0]?.ids).toEqual(expect.arrayContaining([user.id, deliveryId]));
});

test.each([500, 401, 429])(
  "an engine that answers %i is told again, with who was erased since",
  async (status) => {
    const [one, other] = [someone(), someone()];
    const { user } = await registerUser(services, one);
    await erasePerson(services, one.email);
    answer = { status, body: "{}" };
    expect(await forgetAtEngine(services)).toEqual({ kind: "silent", why: `it answered ${status}` });
    const { user: second } = await registerUser(services, other);
    await erasePerson(services, other.email);
    answer = { status: 200, body: JSON.stringify({ data: { events: 4, runs: 2 } }) };
    expect(await forgetAtEngine(services)).toMatchObject({ kind: "forgotten" });
    expect(told[1]?.ids).toEqual(expect.arrayContaining([user.id, second.id]));
    expect(await left()).toBe(0);
  },
);

test("the command that erases ends with 1 until the engine has forgotten, also when it is given again", async () => {
  const person = someone();
  await registerUser(services, person);
  const terminal = { out: () => {}, err: () => {}, ask: async () => null };
  const erase = () => runOps(["erase", person.email, "--yes"], COMMANDS, () => ({ services }), terminal);
  answer = { status: 503, body: "{}" };
  expect(await erase()).toBe(EXIT.failed);
  expect(await erase()).toBe(EXIT.failed);
  answer = { status: 200, body: JSON.stringify({ data: { events: 1, runs: 1 } }) };
  expect(await erase()).toBe(EXIT.nothing);
  expect(await left()).toBe(0);
});

test.each([
  ["an Inngest server", 404, '{"error":"not found"}'],
  ["a Dev Server, with its page", 200, "<!doctype html>"],
])("%s has no such call, and the ids are not kept for it", async (_, status, body) => {
  const person = someone();
  await registerUser(services, person);
  await erasePerson(services, person.email);
  answer = { status, body };
  expect(await forgetAtEngine(services)).toEqual({ kind: "cannot" });
  expect(await left()).toBe(0);
});

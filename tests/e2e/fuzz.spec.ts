// Every endpoint under noise, over real HTTP, in a product of its own: no 500, no hang, no row half-written.
// FUZZ_INPUTS sets how many inputs each endpoint gets; `npm run fuzz` gives it ten thousand.
import { expect, test } from "@playwright/test";
import fc from "fast-check";
import postgres from "postgres";
import { newAccount, signInAs } from "../support/accounts";
import { type Contract, readContract } from "../support/contract";
import { type Hit, type Shot, send, shotsAt, type Target } from "../support/fuzz";
import { FUZZ_TARGETS } from "../support/fuzz-targets";
import "../support/property";
import { startOwnProduct } from "../support/own-product";
import { newPerson, register } from "../support/people";
import type { Product } from "../support/product";
import { readRunning } from "../support/running";

test.describe.configure({ mode: "default" });

const INPUTS = Number(process.env.FUZZ_INPUTS || 70);
/** So many shots are in flight at one endpoint: they meet in the middle of each other, and both cores have work. */
const LANES = 4;
/** Far above what a busy machine needs, far below for ever. */
const ANSWER_TIMEOUT_MS = 30_000;
/** For a machine with much else to do; calm, an input takes 5 to 20 ms. */
const INPUT_BUDGET_MS = 1_000;

const OPERATOR_PASSWORD = "an operator's password for noise";

let product: Product;
let sql: postgres.Sql;
let contract: Contract;
/** Made through the API by the tests' own hand, or by a shot that was answered so. */
let registrations = 0;

test.beforeAll(async () => {
  product = await startOwnProduct("e2e-fuzz", {
    RATE_LIMITS: "off",
    LOG_LEVEL: "error",
    OPS_PASSWORD: OPERATOR_PASSWORD,
    // Signed with a secret that the shots do not know.
    RESEND_WEBHOOK_SECRET: "",
  });
  sql = postgres(readRunning().postgres.url, { max: 1, onnotice: () => {} });
  contract = await readContract();
});
test.afterAll(async () => {
  await sql?.end();
  await product?.stop();
});

for (const target of FUZZ_TARGETS)
  test(`${target.method} ${target.path}: ${INPUTS} inputs, no 500, no hang (ASVS 2.2.1, 2.2.2, 16.5.1)`, async () => {
    test.setTimeout(120_000 + INPUTS * INPUT_BUDGET_MS);
    const cookie = target.asOperator ? await operatorCookie() : undefined;
    const tokens = target.tokenOf ? [target.tokenOf === "claim" ? await aClaim() : await anAccount()] : [];
    const property = fc.asyncProperty(
      shotsAt({ ...target, tokens, ...(cookie ? { cookie } : {}) }),
      async (shot) => {
        const hit = await send(product.url, shot, ANSWER_TIMEOUT_MS);
        if (hasRegistered(target, hit)) registrations++;
        requireSane(target, shot, hit);
      },
    );
    await Promise.all(
      Array.from({ length: LANES }, (_, lane) =>
        fc.assert(property, { numRuns: Math.ceil(INPUTS / LANES), ...seedOf(lane) }),
      ),
    );
  });

/** Lanes with the same seed would send the same shots. */
function seedOf(lane: number): { seed?: number } {
  const { seed } = fc.readConfigureGlobal();
  return seed === undefined ? {} : { seed: seed + lane };
}

async function aClaim(): Promise<string> {
  registrations++;
  return (await register(newPerson())).access_token;
}

async function anAccount(): Promise<string> {
  registrations++;
  return (await signInAs(await newAccount(), "fuzz")).access_token;
}

async function operatorCookie(): Promise<string> {
  const response = await fetch(`${product.url}/api/ops/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
    body: JSON.stringify({ password: OPERATOR_PASSWORD }),
  });
  const [cookie] = response.headers.getSetCookie();
  if (!cookie) throw new Error(`The operator could not sign in: ${response.status} ${await response.text()}`);
  return cookie.split(";", 1)[0] ?? "";
}

function hasRegistered(target: Target, hit: Hit): boolean {
  if (!target.path.endsWith("/register") || !target.path.startsWith("/api/")) return false;
  return hit.status === 201 || (hit.status === 303 && hit.headers.location === "/confirm");
}

/** Throws what is wrong with an answer. Not by `expect`: each one is a step of the test that its report keeps. */
function requireSane(target: Target, shot: Shot, hit: Hit): void {
  const faults = [...findFaults(target, shot, hit), ...findUndescribed(target, shot, hit)];
  if (faults.length > 0)
    throw new Error(
      `${faults.join("; ")}: ${shot.method} ${shot.path} → ${hit.status} ${hit.body.slice(0, 300)}`,
    );
}

function findFaults(target: Target, shot: Shot, { status, headers, body }: Hit): string[] {
  const faults: string[] = [];
  const hold = (isSo: boolean, fault: string) => void (isSo || faults.push(`not ${fault}`));
  hold(status >= 200 && status < 500, "a status between 200 and 499");
  // A stack, a query, a path of ours: nothing of our inside comes out.
  // Not over the end of an element: a page may hold a <select> and a "from".
  hold(
    !/node_modules|\.next\/|\n\s+at \w|select [^<>]* from |PostgresError/.test(body),
    "nothing of our inside",
  );
  const isOurs = /^\/api\/(v1|webhooks|health|no-such-thing)/.test(target.path);
  if (!isOurs || status < 400 || shot.method === "HEAD") return faults;
  hold(headers["content-type"]?.includes("application/problem+json") === true, "a problem");
  const problem = JSON.parse(body) as Record<string, unknown>;
  hold(problem.status === status, "the status in the body");
  hold(/^[a-z_]+$/.test(String(problem.code)), "a code");
  hold(/\S/.test(String(problem.detail ?? "")), "a sentence");
  if (status === 405) hold(headers.allow?.includes(target.method) === true, "what is allowed");
  return faults;
}

/** Whatever noise brings about, the API's description has it. A page's form is answered otherwise. */
function findUndescribed(target: Target, shot: Shot, hit: Hit): string[] {
  const isForm = shot.headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  const { description, findAnswerFaults } = contract;
  const isCall = description.paths[target.path]?.[shot.method.toLowerCase()] !== undefined;
  if (!isCall || (isForm && !shot.headers.authorization) || hit.headers["content-type"] === EVENTS) return [];
  const headers = new Headers(
    Object.entries(hit.headers).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return findAnswerFaults(shot.method, target.path, { ...hit, headers });
}

const EVENTS = "text/event-stream; charset=utf-8";

test("ASVS 2.3.3: afterwards no row is half-written: every registration that was answered is whole, and there is no other", async () => {
  const [row] = await sql<
    { users: number; bare: string[]; untold: string[]; mute: string[]; keyless: string[] }[]
  >`
    select
      (select count(*)::int from users) as users,
      array(select id from users u where not exists (select 1 from deliveries d where d.user_id = u.id)) as bare,
      array(select id from users u where not exists (select 1 from confirmation_codes c where c.user_id = u.id)) as untold,
      array(select id from users u where not exists (select 1 from sessions s where s.user_id = u.id)) as keyless,
      array(select id from sessions s where not exists (select 1 from refresh_tokens r where r.session_id = s.id)) as mute`;
  expect(row).toEqual({ users: registrations, bare: [], untold: [], keyless: [], mute: [] });
  expect(registrations, "some shots must hit").toBeGreaterThan(INPUTS / 100);
});

test("and the product still does its work", async () => {
  await register(newPerson());
});

// Two app processes on one database behind a reverse proxy: it does not matter which of them one meets, and one of them
// may die at any time.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import postgres from "postgres";
import { type Run, withProduct } from "../../cli/product/product";
import { codeIn, countMails, linkIn, nextMail } from "../support/mailbox";
import { codeField, currentStep, registerOnPage } from "../support/pages";
import { callApi, newPerson, register } from "../support/people";
import { type ReverseProxy, startReverseProxy } from "../support/reverse-proxy";

// In this order: the last ones end with a process that is gone.
test.describe.configure({ mode: "serial" });
// A product that has to start counts against the first test.
test.setTimeout(180_000);

const ROOT = path.resolve(import.meta.dirname, "../..");
const [A, B] = [0, 1];

let run: Run;
let proxy: ReverseProxy;
let sql: postgres.Sql;
let page: Page;
let end: () => Promise<void>;

/** Calls of the engine and of the provider go to one process, people's to the other. */
const apart = (people: number) => (asked: { url?: string | undefined }) =>
  /^\/api\/(inngest|webhooks)/.test(asked.url ?? "") ? 1 - people : people;

test.beforeAll(async ({ browser }) => {
  const dir = path.join(ROOT, ".latchkey", "e2e-two-processes");
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  let done = () => {};
  const isDone = new Promise<void>((resolve) => {
    done = resolve;
  });
  const setup = {
    root: ROOT,
    name: "e2e-two-processes/parts",
    transport: "resend",
    settings: { RATE_LIMITS: "on", TRUSTED_PROXY_HOPS: "1", EMAIL_RETRY_BASE: "3", EMAIL_RETRY_MAX: "3" },
    front: async (ports: readonly number[]) => {
      proxy = await startReverseProxy(ports);
      return proxy;
    },
  } as const;
  let ended = Promise.resolve();
  run = await new Promise<Run>((resolve, reject) => {
    ended = withProduct(
      setup,
      () => {},
      async (started) => {
        resolve(started);
        await isDone;
      },
    );
    ended.catch(reject);
  });
  const { product } = run;
  const part = ({ part, url }: { part: { pid(): number }; url: string }) => ({ url, pid: part.pid() });
  const running = {
    app: { url: product.url, pid: product.apps["app-a"].part.pid() },
    postgres: part(product.postgres),
    inngest: part(product.engine),
    mail: part(product.mail),
  };
  writeFileSync(path.join(dir, "running.json"), JSON.stringify(running));
  const common = process.env.LATCHKEY_DIR;
  process.env.LATCHKEY_DIR = dir;
  sql = postgres(product.postgres.url, { max: 1, onnotice: () => {} });
  const context = await browser.newContext({ baseURL: product.url });
  page = await context.newPage();
  end = async () => {
    await context.close();
    await sql.end();
    if (common === undefined) delete process.env.LATCHKEY_DIR;
    else process.env.LATCHKEY_DIR = common;
    done();
    await ended;
  };
});
test.afterAll(() => end?.());
test.beforeEach(() => {
  proxy.route = null;
});

/** Registers from a network of its own, and lets whoever is on the way write what they like into the header. */
async function registerFrom(address: string): Promise<number> {
  const body = JSON.stringify(newPerson());
  return new Promise((resolve, reject) => {
    const asked = request(`${run.product.url}/api/v1/usr/register`, {
      method: "POST",
      localAddress: address,
      headers: { "content-type": "application/json", "x-forwarded-for": `198.51.100.${body.length % 250}` },
      agent: false,
    });
    asked.on("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

test("ASVS 2.4.1: of thirty registrations from one network twenty are let in, whoever is asked, and the next network is not theirs", async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => registerFrom("127.0.0.30")));
  expect(answers.filter((status) => status === 201)).toHaveLength(20);
  expect(answers.filter((status) => status === 429)).toHaveLength(10);
  for (const count of proxy.answersTo("/api/v1/usr/register")) expect(count).toBeGreaterThan(0);
  expect(await registerFrom("127.0.0.31")).toBe(201);
});

test("a session that one process opened is known to the other, and over for both as soon as one ends it", async () => {
  const { access_token, refresh_token } = await register(newPerson());
  const meets = async (process: number) => {
    proxy.route = () => process;
    return (await callApi("/api/v1/usr/confirmation", { token: access_token })).status;
  };
  expect([await meets(A), await meets(B)]).toEqual([200, 200]);
  proxy.route = () => B;
  await callApi("/api/v1/usr/token/revoke", { body: { refresh_token } });
  expect([await meets(A), await meets(B)]).toEqual([401, 401]);
});

test("a refresh token that is used at both processes at once is taken by one of them at most", async () => {
  const { refresh_token } = await register(newPerson());
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => callApi("/api/v1/usr/token/refresh", { body: { refresh_token } })),
  );
  expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  for (const count of proxy.answersTo("/api/v1/usr/token/refresh")) expect(count).toBeGreaterThan(0);
});

test("the page of one process shows what the other one does: sending, the provider's word, and the click on another device", async () => {
  proxy.route = apart(A);
  const person = newPerson();
  await registerOnPage(page, person);
  const mail = await nextMail(person.email);
  await expect(currentStep(page)).toContainText("Delivered");
  // Another device, by the other process.
  proxy.route = ({ headers }) => (headers["user-agent"]?.includes("Mozilla") ? A : B);
  const link = new URL(linkIn(mail)).hash.slice(1);
  const confirmed = await callApi("/api/v1/usr/confirm-link", { body: { link } });
  expect(confirmed.status).toBe(200);
  expect(proxy.answersTo("/api/v1/usr/confirm-link")[B]).toBe(1);
  await page.waitForURL("**/account**");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL((url) => url.pathname === "/");
});

test("a process that is killed takes nothing with it: its page goes on at the other, and its mail comes once", async () => {
  proxy.route = () => A;
  const person = newPerson();
  await registerOnPage(page, person);
  await expect(currentStep(page)).toContainText(/Queued|Sending/);
  // Before the mail's two seconds are over.
  const isBack = run.product.apps["app-a"].part.killAndRestart(8_000);
  const mail = await nextMail(person.email, { waitMs: 40_000 });
  await expect(currentStep(page)).toContainText("Delivered");
  expect(proxy.answersTo("/api/v1/usr/confirmation/events")[B]).toBeGreaterThan(0);
  await codeField(page).fill(codeIn(mail));
  await page.waitForURL("**/account");
  expect(await countMails(person.email)).toBe(1);
  await isBack;
});

test("what a process could not tell the engine before it died, the other one tells it, and the mail comes once", async () => {
  proxy.route = () => A;
  const person = newPerson();
  const isFrozen = run.product.engine.part.freeze(4_000);
  const { delivery } = await register(person);
  const isTold = async () =>
    (await sql`select published_at from outbox where data ->> 'deliveryId' = ${delivery.id}`).map(
      (row) => row.published_at !== null,
    );
  expect(await isTold()).toEqual([false]);
  await run.product.apps["app-a"].part.stop();
  await isFrozen;
  await expect.poll(isTold, { timeout: 60_000 }).toEqual([true]);
  await nextMail(person.email, { waitMs: 40_000 });
  // Had the engine begun a mail of its own, it would have been by now: the next one's has come.
  const next = newPerson();
  await register(next);
  await nextMail(next.email, { waitMs: 40_000 });
  expect(await countMails(person.email)).toBe(1);
});

// The engine, the database and the app itself go away, one after another, under a product of its own.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import postgres from "postgres";
import { expectNoViolations } from "../support/axe";
import {
  breakProvider,
  calmProvider,
  codeIn,
  countMails,
  linkIn,
  type Mail,
  nextMail,
} from "../support/mailbox";
import { signInOperator } from "../support/operator";
import { startOwnProduct } from "../support/own-product";
import { codeField, fillRegistration, registerOnPage, signInOnPage } from "../support/pages";
import { callApi, newPerson, type Registered, register } from "../support/people";
import type { Product } from "../support/product";
import { readRunning } from "../support/running";
import { findSecrets, readLogs, readPages, readTables, type Secret } from "../support/secrets";
import { openTcpGate, type TcpGate } from "../support/tcp-gate";

test.describe.configure({ mode: "default" });

let product: Product;
let gate: TcpGate;
let sql: postgres.Sql;

test.beforeAll(async () => {
  // A database of its own on the common Postgres, behind a gate that the tests close.
  const common = new URL(readRunning().postgres.url);
  const admin = postgres(common.href, { max: 1, onnotice: () => {} });
  await admin`drop database if exists outages with (force)`;
  await admin`create database outages`;
  await admin.end();
  gate = await openTcpGate({ host: common.hostname, port: Number(common.port) });
  common.pathname = "/outages";
  sql = postgres(common.href, { max: 1, onnotice: () => {} });
  common.host = `127.0.0.1:${gate.port}`;
  product = await startOwnProduct("e2e-outages", {
    DATABASE_URL: common.href,
    EMAIL_WATCHDOG_AFTER: "1",
    EMAIL_RETRY_BASE: "3",
    EMAIL_RETRY_MAX: "3",
    RATE_LIMITS: "off",
  });
  // An event that comes before the app's functions are known starts nothing; that is the watchdog's, not these tests'.
  await expect.poll(async () => (await sql`select 1 from inngest.functions`).length).toBeGreaterThan(0);
});
test.afterAll(async () => {
  await product?.stop();
  await sql?.end();
  await gate?.close();
});

const signalEngine = (signal: NodeJS.Signals) => process.kill(readRunning().inngest.pid, signal);
const readLog = () => readFileSync(path.join(product.dir, "logs", "app.log"), "utf8");

const outcomesOf = async (deliveryId: string): Promise<unknown[]> =>
  (await sql`select outcome from delivery_attempts where delivery_id = ${deliveryId} order by number`).map(
    (row) => row.outcome,
  );

async function statusOf(deliveryId: string): Promise<string> {
  const [row] = await sql`select status from deliveries where id = ${deliveryId}`;
  return String(row?.status);
}

/**
 * Somebody new whose registration was answered as `isQueued` says. Whether the engine takes an event, or the provider a
 * mail, within the second that an answer has is chance on a busy machine: then another one tries.
 */
async function registerAs(isQueued: boolean) {
  for (let tries = 0; tries < 8; tries++) {
    const person = newPerson();
    const registered = await register(person);
    if (registered.email_info.email_queued === isQueued) return { person, registered };
  }
  throw new Error(`Nobody's mail was ${isQueued ? "" : "not "}queued`);
}

/** Nothing waits any more: every event is with the engine. */
async function untilRelayed(): Promise<void> {
  await expect
    .poll(async () => (await sql`select 1 from outbox where published_at is null`).length, {
      timeout: 40_000,
    })
    .toBe(0);
}

/** The engine has run what it was given for this delivery. */
async function untilRun(deliveryId: string): Promise<void> {
  await expect
    .poll(
      async () =>
        (
          await sql`select 1 from inngest.runs r join inngest.events e on e.id = r.event_id
            where e.payload like ${`%${deliveryId}%`} and r.status = 'Completed'`
        ).length,
      { timeout: 40_000 },
    )
    .toBe(1);
}

test.describe("an engine that takes connections and says nothing", () => {
  test.beforeEach(() => signalEngine("SIGSTOP"));
  test.afterEach(async () => {
    signalEngine("SIGCONT");
    await calmProvider();
    await untilRelayed();
  });

  test("the mail goes out inside the request, and only once although the engine comes back", async () => {
    const person = newPerson();
    const registered = await register(person);
    // A busy machine may not get it out within the second that an answer has; then the answer says so.
    const { email_confirmation_sent: isOut, email_info: info } = registered;
    if (!info.email_queued)
      expect(info).toMatchObject(isOut ? { email_sent: true } : { email_sent: false, can_resend: true });
    await nextMail(person.email);
    signalEngine("SIGCONT");
    await untilRelayed();
    await untilRun(registered.delivery.id);
    expect(await countMails(person.email)).toBe(1);
    expect(await outcomesOf(registered.delivery.id)).toEqual(["accepted"]);
  });

  test("with the provider refusing too, the answer says so in the old system's words, and the mail comes when they are back", async () => {
    await breakProvider();
    // The first ones find out that the engine is away; until then a mail that found no time counts as queued.
    for (let found = 0; found < 2; found++) await register(newPerson());
    const { person, registered } = await registerAs(false);
    expect(registered).toMatchObject({
      email_confirmation_sent: false,
      email_info: { email_sent: false, email_queued: false, can_resend: true },
    });
    expect(registered.email_info.error).toMatch(/^Failed to queue email: /);
    await calmProvider();
    signalEngine("SIGCONT");
    await untilRelayed();
    await nextMail(person.email, { waitMs: 30_000 });
    await expect.poll(() => statusOf(registered.delivery.id)).toMatch(/^(sent|delivered)$/);
    expect(await countMails(person.email)).toBe(1);
  });

  test("after two failures nobody waits for it any more, and after its return everybody is queued again", async () => {
    for (const _ of [1, 2, 3]) await register(newPerson());
    expect(readLog()).toContain("Circuit breaker of the engine: open");
    signalEngine("SIGCONT");
    await untilRelayed();
    await expect.poll(readLog).toContain("Circuit breaker of the engine: closed");
    await expect.poll(async () => (await register(newPerson())).email_info.email_queued).toBe(true);
  });
});

test("an engine that took the event and stops before it begins: the server process sends the mail, once", async () => {
  const { person, registered } = await registerAs(true);
  signalEngine("SIGSTOP");
  try {
    await nextMail(person.email, { waitMs: 30_000 });
  } finally {
    signalEngine("SIGCONT");
  }
  expect(readLog()).toContain("Deliveries are overdue");
  // The late engine finds it done.
  await untilRun(registered.delivery.id);
  expect(await countMails(person.email)).toBe(1);
});

test("a SIGTERM in the middle of a mail lets it end, and the next process goes on", async () => {
  const person = newPerson("slow");
  const { delivery } = await register(person);
  await expect.poll(() => statusOf(delivery.id)).toBe("sending");
  const { pid } = readRunning().app;
  process.kill(pid, "SIGTERM");
  await expect.poll(() => readRunning().app.pid, { timeout: 60_000 }).not.toBe(pid);
  await nextMail(person.email);
  await expect.poll(() => statusOf(delivery.id)).toMatch(/^(sent|delivered)$/);
  expect(await outcomesOf(delivery.id)).toEqual(["accepted"]);
  expect(await countMails(person.email)).toBe(1);
});

test("a page says “Live” no longer over an app that stands still, and again when it goes on", async ({
  browser,
}) => {
  const page = await browser.newPage({ baseURL: product.url });
  await registerOnPage(page, newPerson());
  const live = page.getByText("Live", { exact: true });
  await expect(live).toBeVisible();
  const { pid } = readRunning().app;
  process.kill(pid, "SIGSTOP");
  try {
    await expect(page.getByText("Reconnecting")).toBeVisible({ timeout: 45_000 });
    await expect(live).toHaveCount(0);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await expect(live).toBeVisible();
  await page.close();
});

const isFlash = ({ name }: { name: string }) => name.endsWith(".flash");

/** On the account of somebody new. */
async function signInAsNew(page: Page): Promise<void> {
  const person = newPerson();
  const { user_data } = await register(person);
  await sql`update users set email_confirmed_at = now() where id = ${user_data.id}`;
  await signInOnPage(page, person);
  await page.waitForURL("**/account");
}

/** The page that says so stays, its button says the same again, and works as soon as the database is back. */
async function expectSignedOutOnceBack(page: Page, next: string): Promise<void> {
  const button = page.getByRole("button", { name: "Sign out", exact: true });
  await button.click();
  await expect(page.getByRole("heading", { name: "You are not signed out yet" })).toBeVisible();
  expect(await page.content()).not.toMatch(/<script|http-equiv/);
  await gate.open();
  await expect(async () => {
    if (page.url() !== next) await button.click({ timeout: 2_000 });
    await page.waitForURL(next, { timeout: 5_000 });
  }).toPass({ timeout: 30_000 });
}

test.describe("a database that is away", () => {
  test.afterEach(() => gate.open());

  test("calls get 503 with the time to come back, and the first one after its return is taken", async () => {
    const { access_token: token } = await register(newPerson());
    await gate.refuse();
    for (const call of [
      () => callApi("/api/v1/usr/register", { body: newPerson() }),
      () => callApi("/api/v1/usr/confirmation", { token }),
      () => callApi("/api/v1/usr/token", { body: { login: "ada", password: "correct horse battery" } }),
    ]) {
      const response = await call();
      expect(response.status).toBe(503);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(response.headers.get("content-type")).toContain("application/problem+json");
      expect(await response.json()).toMatchObject({
        code: "unavailable",
        next_allowed_at: expect.any(String),
      });
    }
    await gate.open();
    const person = newPerson();
    await expect
      .poll(async () => (await callApi("/api/v1/usr/register", { body: person })).status, { timeout: 15_000 })
      .toBe(201);
    await nextMail(person.email, { waitMs: 40_000 });
  });

  test("takes nobody's cookie: next-auth's own address says 503 as well, and knows the session again afterwards", async ({
    browser,
  }) => {
    const page = await browser.newPage({ baseURL: product.url });
    await registerOnPage(page, newPerson());
    const session = () => page.request.get("/api/auth/session");
    expect(await (await session()).json()).toMatchObject({ scope: "claim" });
    await gate.refuse();
    const answer = await session();
    expect(answer.status()).toBe(503);
    expect(answer.headersArray().filter(({ name }) => name.toLowerCase() === "set-cookie")).toEqual([]);
    await gate.open();
    await expect.poll(async () => (await session()).status(), { timeout: 15_000 }).toBe(200);
    expect(await (await session()).json()).toMatchObject({ scope: "claim" });
    await page.close();
  });

  test("that is frozen keeps nobody waiting: 503 within seconds for pages, forms and calls, and all goes on by itself", async () => {
    const { access_token: token } = await register(newPerson());
    const late = newPerson();
    gate.silence();
    const form = () =>
      fetch(`${product.url}/api/v1/usr/register`, {
        method: "POST",
        redirect: "manual",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(newPerson()),
      });
    const asked = [
      callApi("/api/v1/usr/register", { body: late }),
      callApi("/api/v1/usr/confirmation", { token }),
      callApi("/api/v1/usr/token/refresh", { body: { refresh_token: "somebody's" } }),
      form(),
      fetch(`${product.url}/confirm`, { redirect: "manual" }),
      // As a monitor asks.
      fetch(`${product.url}/confirm`, { method: "HEAD" }),
    ].map(async (answer, index) => {
      const since = performance.now();
      const response = await answer;
      const text = await response.text();
      expect(performance.now() - since).toBeLessThan(6_000);
      expect(response.status).toBe(503);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(response.headers.get("content-type")).toContain(
        index < 3 ? "application/problem+json" : "text/html",
      );
      if (index === 3 || index === 4) expect(text).toContain("Back in a moment");
    });
    await Promise.all(asked);
    gate.thaw();
    await expect
      .poll(async () => (await callApi("/api/v1/usr/register", { body: late })).status, { timeout: 20_000 })
      .toBe(201);
    await nextMail(late.email, { waitMs: 40_000 });
    expect(await countMails(late.email)).toBe(1);
  });

  test("the mail's link works afterwards, whatever a gateway for mails put into its address", async ({
    browser,
  }) => {
    const person = newPerson();
    await register(person);
    const { text } = await nextMail(person.email, { waitMs: 40_000 });
    const link = /https?:\S+\/confirm\/link#\S+/.exec(text)?.[0] ?? "";
    const pages = await Promise.all([browser.newPage(), browser.newPage()]);
    await gate.refuse();
    for (const page of pages) {
      await page.goto(link.replace("#", "?ref&by=a%20gateway:1#"));
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Back in a moment");
    }
    await gate.open();
    await pages[1]?.getByRole("link", { name: "try now" }).click();
    for (const page of pages) {
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Is this your registration?", {
        timeout: 30_000,
      });
      await page.close();
    }
  });

  test("a page says so plainly with 503, and shows itself once it is back", async ({ browser }) => {
    const context = await browser.newContext({ baseURL: product.url });
    const page = await context.newPage();
    const person = newPerson();
    await registerOnPage(page, person);
    await gate.refuse();
    const response = await page.goto("/confirm");
    expect(response?.status()).toBe(503);
    expect(Number(response?.headers()["retry-after"])).toBeGreaterThan(0);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectNoViolations(page);
    // Whoever reads it keeps their place: it looks again by itself, and stays while there is nothing to show.
    await page.evaluate(() => document.body.setAttribute("data-same", ""));
    await page.waitForResponse((answer) => answer.url().endsWith("/confirm") && answer.status() === 503);
    await expect(page.locator("body[data-same]")).toBeVisible();
    await gate.open();
    await expect(codeField(page)).toBeVisible({ timeout: 30_000 });
    await codeField(page).fill(codeIn(await nextMail(person.email, { waitMs: 40_000 })));
    await page.waitForURL("**/account");
    await context.close();
  });

  test("an address where nothing is says so as soon as it is back", async ({ browser }) => {
    const context = await browser.newContext({ baseURL: product.url });
    const page = await context.newPage();
    await gate.refuse();
    await page.goto("/no-such-page");
    await expect(page.getByRole("heading", { name: "Back in a moment" })).toBeVisible();
    await gate.open();
    await expect(page.getByRole("heading", { name: "Back in a moment" })).toHaveCount(0);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await context.close();
  });

  test("uses up no note of something done: asking by HEAD leaves it to the page that tells it", async ({
    browser,
  }) => {
    const context = await browser.newContext({ baseURL: product.url });
    const page = await context.newPage();
    const person = newPerson();
    await register(person);
    await page.goto(linkIn(await nextMail(person.email, { waitMs: 40_000 })));
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(page.getByRole("heading", { name: "Your address is confirmed" })).toBeVisible();
    await gate.refuse();
    await page.getByRole("link", { name: "Sign in here" }).click();
    await page.waitForResponse((answer) => answer.request().method() === "HEAD" && answer.status() === 503);
    await gate.open();
    await expect(page.getByText("Your email address is confirmed. Sign in to go on here.")).toBeVisible();
    // Told by now, and by no reload of it.
    expect((await context.cookies()).filter(isFlash)).toEqual([]);
    await context.close();
  });

  test("is outlasted by what was typed without JavaScript, however long it is away", async ({ browser }) => {
    const context = await browser.newContext({ baseURL: product.url, javaScriptEnabled: false });
    const page = await context.newPage();
    const person = newPerson();
    await page.goto("/register");
    await gate.refuse();
    await fillRegistration(page, person);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.waitForURL(`${product.url}/register`);
    await expect(page.getByRole("heading", { name: "Back in a moment" })).toBeVisible();
    // As if most of its time were over; then the page is shown again.
    const secondsLeft = async () => {
      const [flash] = (await context.cookies()).filter(isFlash);
      return flash ? flash.expires - Date.now() / 1000 : 0;
    };
    const [flash] = (await context.cookies()).filter(isFlash);
    if (!flash) throw new Error("Nothing that was typed is kept");
    await context.addCookies([{ ...flash, expires: Date.now() / 1000 + 15 }]);
    expect(await secondsLeft()).toBeLessThan(16);
    await expect.poll(secondsLeft).toBeGreaterThan(30);
    expect((await context.cookies()).filter(isFlash)[0]?.value).toBe(flash.value);
    await gate.open();
    await expect(page.getByLabel("Username")).toHaveValue(person.username, { timeout: 30_000 });
    await expect(page.getByLabel("Email address")).toHaveValue(person.email);
    await expect(page.getByText("Nothing was lost; please try again shortly.")).toBeVisible();
    await context.close();
  });

  test("keeps nothing that is not of our making", async () => {
    await gate.refuse();
    const port = new URL(product.url).port;
    for (const value of ["nonsense", Buffer.from('{"done":"you_won"}').toString("base64url")]) {
      const answer = await fetch(`${product.url}/account`, {
        redirect: "manual",
        headers: { cookie: `latchkey-${port}.flash=${value}` },
      });
      expect([answer.status, answer.headers.get("set-cookie")]).toEqual([503, null]);
    }
  });

  test("keeps nobody without JavaScript at an address with a “#”", async ({ browser }) => {
    const context = await browser.newContext({ baseURL: product.url, javaScriptEnabled: false });
    const page = await context.newPage();
    await signInAsNew(page);
    await gate.refuse();
    await page.locator("#password summary").click();
    await page.locator("#password [name=current_password]").fill("not my password");
    await page.locator("#password [name=new_password]").fill("correct horse battery staple");
    await page.locator("#password button[type=submit]").click();
    await page.waitForURL("**/account#password");
    await expect(page.getByRole("heading", { name: "Back in a moment" })).toBeVisible();
    await gate.open();
    await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible({
      timeout: 30_000,
    });
    await expect(page.getByText("Nothing was lost; please try again shortly.")).toBeVisible();
    await context.close();
  });

  for (const javaScriptEnabled of [true, false])
    for (const [from, name, next] of [
      ["/account", "Sign out", "/"],
      ["/sign-in?other", "Sign out, and sign in anew", "/sign-in"],
    ] as const)
      test(`${javaScriptEnabled ? "with" : "without"} JavaScript, who signs out on ${from} reads that they are signed in still, and is led into no account`, async ({
        browser,
      }) => {
        const context = await browser.newContext({ baseURL: product.url, javaScriptEnabled });
        const page = await context.newPage();
        await signInAsNew(page);
        await page.goto(from);
        await gate.refuse();
        await page.getByRole("button", { name, exact: true }).click();
        const told = page.getByRole("heading", { name: "You are not signed out yet" });
        await expect(told).toBeVisible();
        if (javaScriptEnabled) await expectNoViolations(page);
        await expectSignedOutOnceBack(page, `${product.url}${next}`);
        await page.goto("/account");
        await page.waitForURL("**/sign-in");
        await context.close();
      });

  test("an operator is told the same", async ({ browser }) => {
    const context = await browser.newContext({ baseURL: product.url });
    const page = await context.newPage();
    await signInOperator(page);
    await page.waitForURL("**/ops");
    await gate.refuse();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(page.getByRole("heading", { name: "You are not signed out yet" })).toBeVisible();
    await expectSignedOutOnceBack(page, `${product.url}/ops/sign-in`);
    await expect(page.getByLabel("Operator’s password")).toBeVisible();
    await context.close();
  });

  test("that goes in the middle of twenty registrations leaves none half-written, and loses no mail", async () => {
    const people = Array.from({ length: 20 }, () => newPerson());
    const answers = people.map((body) => callApi("/api/v1/usr/register", { body }));
    await Promise.race(answers);
    await gate.refuse();
    const settled = await Promise.all(answers);
    expect(
      settled.map((answer) => answer.status).filter((status) => status !== 201 && status !== 503),
    ).toEqual([]);
    await gate.open();
    const names = people.map((person) => person.username);
    const rows = await sql`
      select u.email, count(distinct d.id)::int as deliveries, count(distinct c.id)::int as codes, count(distinct o.id)::int as events
      from users u
      left join deliveries d on d.user_id = u.id
      left join confirmation_codes c on c.user_id = u.id
      left join outbox o on o.data->>'userId' = u.id::text
      where u.username = any(${names}) group by u.id`;
    for (const row of rows) expect(row).toMatchObject({ deliveries: 1, codes: 1 });
    for (const row of rows) expect(row.events).toBeGreaterThan(0);
    const answered = people
      .filter((_, index) => settled[index]?.status === 201)
      .map((person) => person.email);
    expect(rows.map((row) => row.email)).toEqual(expect.arrayContaining(answered));
    for (const row of rows) await nextMail(String(row.email), { waitMs: 60_000 });
    await untilRelayed();
    for (const row of rows) expect(await countMails(String(row.email))).toBe(1);
  });
});

test("a page that the server could not make has its look, and its button asks for it anew", async ({
  browser,
}) => {
  const page = await browser.newPage({ baseURL: product.url });
  const violations: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text());
  });
  const person = newPerson();
  await registerOnPage(page, person);
  await nextMail(person.email);
  const again = page.getByRole("button", { name: "Try again" });
  await sql`alter table confirmation_codes rename to confirmation_codes_away`;
  try {
    expect((await page.goto("/confirm"))?.status()).toBe(500);
    // Thumb-sized and coloured, which no button of a browser's own is.
    expect((await again.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await expect(again).toHaveCSS("border-radius", /[1-9]/);
    await expect(page.locator("body")).toHaveCSS("min-height", /[1-9]/);
  } finally {
    await sql`alter table confirmation_codes_away rename to confirmation_codes`;
  }
  await again.click();
  await expect(codeField(page)).toBeVisible();
  expect(violations).toEqual([]);
  await page.close();
});

test("ASVS 16.2.5: no code, link, password or token is in any table, log line or page of the engine, whatever way a mail went", async () => {
  const secrets: Secret[] = [];
  const people: Registered[] = [];
  const keepMail = (way: string, mail: Mail) => {
    const [link, notMe] = [...mail.text.matchAll(/#([\w-]{32,})/g)].map((match) => match[1] ?? "");
    secrets.push({ what: `${way}: the code`, value: codeIn(mail) });
    secrets.push(
      { what: `${way}: the link`, value: link ?? "" },
      { what: `${way}: not me`, value: notMe ?? "" },
    );
  };
  const signUp = async (way: string, tag?: string) => {
    const person = { ...newPerson(tag), password: `a password ${randomBytes(9).toString("base64")}` };
    const registered = await register(person);
    people.push(registered);
    secrets.push({ what: `${way}: the password`, value: person.password });
    secrets.push({ what: `${way}: the refresh token`, value: registered.refresh_token });
    secrets.push({ what: `${way}: the access token`, value: registered.access_token });
    const mail = await nextMail(person.email, { waitMs: 40_000 });
    keepMail(way, mail);
    return { person, registered, mail };
  };

  // Which way a mail goes is chance on a busy machine: then another one tries.
  const signUpAs = async (way: string, isQueued: boolean) => {
    let signedUp = await signUp(way);
    for (let tries = 0; tries < 5 && signedUp.registered.email_info.email_queued !== isQueued; tries++)
      signedUp = await signUp(way);
    expect(signedUp.registered.email_info.email_queued).toBe(isQueued);
    return signedUp;
  };

  const queued = await signUpAs("async", true);
  const retried = await signUp("retry", "retry1");
  await expect.poll(() => outcomesOf(retried.registered.delivery.id)).toEqual(["failed", "accepted"]);
  // As if a minute had passed.
  await sql`update deliveries set created_at = created_at - interval '2 minutes' where user_id = ${queued.registered.user_data.id}`;
  const { access_token: token } = queued.registered;
  const resent = await callApi("/api/v1/usr/resend-confirmation", { method: "POST", token });
  expect(resent.status).toBe(202);
  keepMail("resend", await nextMail(queued.person.email, { after: new Date(queued.mail.received_at) }));
  signalEngine("SIGSTOP");
  try {
    await signUpAs("fallback", false);
  } finally {
    signalEngine("SIGCONT");
  }
  // Being used, and refused, is where secrets get into logs.
  await callApi("/api/v1/usr/confirm-email", { token, body: { code: "12345" } });
  await callApi("/api/v1/usr/confirm-email", { token, body: { code: "000000" } });
  const code = codeIn(queued.mail);
  const confirm = () => callApi("/api/v1/usr/confirm-email", { token, body: { code } });
  // The second as if the first one's answer had been lost; once that session is used, never again.
  for (const way of ["confirmed", "confirmed again"]) {
    const answer = await confirm();
    expect(answer.status).toBe(200);
    const { refresh_token, access_token } = await answer.json();
    secrets.push({ what: `${way}: the refresh token`, value: refresh_token });
    secrets.push({ what: `${way}: the access token`, value: access_token });
  }
  const used = secrets.findLast(({ what }) => what === "confirmed again: the access token")?.value ?? "";
  expect((await callApi("/api/v1/usr/me", { token: used })).status).toBe(200);
  expect((await confirm()).status).toBe(401);
  const link = secrets.find(({ what }) => what === "retry: the link")?.value;
  for (const status of [200, 409])
    expect((await callApi("/api/v1/usr/confirm-link", { body: { link } })).status).toBe(status);
  await untilRelayed();
  await untilRun(queued.registered.delivery.id);

  expect(new Set(secrets.map(({ value }) => value)).size).toBe(secrets.length);
  expect(secrets.filter(({ value }) => value.length < 6)).toEqual([]);
  const places = new Map([
    ...(await readTables(sql)),
    ...readLogs(product.dir),
    ...(await readPages(readRunning().inngest.url)),
  ]);
  // That it would be found: what may be there is.
  const ids = people.map(({ delivery }) => ({ what: delivery.id, value: delivery.id }));
  const whereIs = (place: string) => findSecrets(places.get(place) ?? "", ids).length;
  expect(["table public.deliveries", "table inngest.events", "log app.log"].map(whereIs)).toEqual(
    Array(3).fill(people.length),
  );
  expect([...places.keys()].filter((place) => place.startsWith("page /runs/")).length).toBeGreaterThan(2);
  expect(findSecrets(queued.mail.subject + queued.mail.text, secrets)).toEqual(
    expect.arrayContaining(["async: the code", "async: the link", "async: not me"]),
  );
  const findings = [...places].flatMap(([place, text]) =>
    findSecrets(text, secrets).map((what) => `${what} is in ${place}`),
  );
  expect(findings).toEqual([]);
});

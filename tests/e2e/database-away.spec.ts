// The database goes away, refuses or says nothing, under a product of its own.
import { expect, type Page, test } from "@playwright/test";
import { expectNoViolations } from "../support/axe";
import { type Breakable, startBreakable, untilRelayed } from "../support/breakable";
import { codeIn, countMails, linkIn, nextMail } from "../support/mailbox";
import { signInOperator } from "../support/operator";
import { codeField, fillRegistration, registerOnPage, signInOnPage } from "../support/pages";
import { callApi, newPerson, register } from "../support/people";

test.describe.configure({ mode: "default" });

let broken: Breakable;
test.beforeAll(async () => {
  broken = await startBreakable("e2e-database-away");
});
test.afterAll(() => broken?.stop());

const isFlash = ({ name }: { name: string }) => name.endsWith(".flash");

/** On the account of somebody new. */
async function signInAsNew(page: Page): Promise<void> {
  const person = newPerson();
  const { user_data } = await register(person);
  await broken.sql`update users set email_confirmed_at = now() where id = ${user_data.id}`;
  await signInOnPage(page, person);
  await page.waitForURL("**/account");
}

/** The page that says so stays, its button says the same again, and works as soon as the database is back. */
async function expectSignedOutOnceBack(page: Page, next: string): Promise<void> {
  const button = page.getByRole("button", { name: "Sign out", exact: true });
  await button.click();
  await expect(page.getByRole("heading", { name: "You are not signed out yet" })).toBeVisible();
  expect(await page.content()).not.toMatch(/<script|http-equiv/);
  await broken.gate.open();
  await expect(async () => {
    if (page.url() !== next) await button.click({ timeout: 2_000 });
    await page.waitForURL(next, { timeout: 5_000 });
  }).toPass({ timeout: 30_000 });
}

test.describe("a database that is away", () => {
  test.afterEach(() => broken.gate.open());

  test("calls get 503 with the time to come back, and the first one after its return is taken", async () => {
    const { access_token: token } = await register(newPerson());
    await broken.gate.refuse();
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
    await broken.gate.open();
    const person = newPerson();
    await expect
      .poll(async () => (await callApi("/api/v1/usr/register", { body: person })).status, { timeout: 15_000 })
      .toBe(201);
    await nextMail(person.email, { waitMs: 40_000 });
  });

  test("takes nobody's cookie: next-auth's own address says 503 as well, and knows the session again afterwards", async ({
    browser,
  }) => {
    const page = await browser.newPage({ baseURL: broken.product.url });
    await registerOnPage(page, newPerson());
    const session = () => page.request.get("/api/auth/session");
    expect(await (await session()).json()).toMatchObject({ scope: "claim" });
    await broken.gate.refuse();
    const answer = await session();
    expect(answer.status()).toBe(503);
    expect(answer.headersArray().filter(({ name }) => name.toLowerCase() === "set-cookie")).toEqual([]);
    await broken.gate.open();
    await expect.poll(async () => (await session()).status(), { timeout: 15_000 }).toBe(200);
    expect(await (await session()).json()).toMatchObject({ scope: "claim" });
    await page.close();
  });

  test("that is frozen keeps nobody waiting: 503 within seconds for pages, forms and calls, and all goes on by itself", async () => {
    const { access_token: token } = await register(newPerson());
    const late = newPerson();
    broken.gate.silence();
    const form = () =>
      fetch(`${broken.product.url}/api/v1/usr/register`, {
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
      fetch(`${broken.product.url}/confirm`, { redirect: "manual" }),
      // As a monitor asks.
      fetch(`${broken.product.url}/confirm`, { method: "HEAD" }),
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
    broken.gate.thaw();
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
    await broken.gate.refuse();
    for (const page of pages) {
      await page.goto(link.replace("#", "?ref&by=a%20gateway:1#"));
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Back in a moment");
    }
    await broken.gate.open();
    await pages[1]?.getByRole("link", { name: "try now" }).click();
    for (const page of pages) {
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Is this your registration?", {
        timeout: 30_000,
      });
      await page.close();
    }
  });

  test("a page says so plainly with 503, and shows itself once it is back", async ({ browser }) => {
    const context = await browser.newContext({ baseURL: broken.product.url });
    const page = await context.newPage();
    const person = newPerson();
    await registerOnPage(page, person);
    await broken.gate.refuse();
    const response = await page.goto("/confirm");
    expect(response?.status()).toBe(503);
    expect(Number(response?.headers()["retry-after"])).toBeGreaterThan(0);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectNoViolations(page);
    // Whoever reads it keeps their place: it looks again by itself, and stays while there is nothing to show.
    await page.evaluate(() => document.body.setAttribute("data-same", ""));
    await page.waitForResponse((answer) => answer.url().endsWith("/confirm") && answer.status() === 503);
    await expect(page.locator("body[data-same]")).toBeVisible();
    await broken.gate.open();
    await expect(codeField(page)).toBeVisible({ timeout: 30_000 });
    await codeField(page).fill(codeIn(await nextMail(person.email, { waitMs: 40_000 })));
    await page.waitForURL("**/account");
    await context.close();
  });

  test("an address where nothing is says so as soon as it is back", async ({ browser }) => {
    const context = await browser.newContext({ baseURL: broken.product.url });
    const page = await context.newPage();
    await broken.gate.refuse();
    await page.goto("/no-such-page");
    await expect(page.getByRole("heading", { name: "Back in a moment" })).toBeVisible();
    await broken.gate.open();
    await expect(page.getByRole("heading", { name: "Back in a moment" })).toHaveCount(0);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await context.close();
  });

  test("uses up no note of something done: asking by HEAD leaves it to the page that tells it", async ({
    browser,
  }) => {
    const context = await browser.newContext({ baseURL: broken.product.url });
    const page = await context.newPage();
    const person = newPerson();
    await register(person);
    await page.goto(linkIn(await nextMail(person.email, { waitMs: 40_000 })));
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(page.getByRole("heading", { name: "Your address is confirmed" })).toBeVisible();
    await broken.gate.refuse();
    await page.getByRole("link", { name: "Sign in here" }).click();
    await page.waitForResponse((answer) => answer.request().method() === "HEAD" && answer.status() === 503);
    await broken.gate.open();
    await expect(page.getByText("Your email address is confirmed. Sign in to go on here.")).toBeVisible();
    // Told by now, and by no reload of it.
    expect((await context.cookies()).filter(isFlash)).toEqual([]);
    await context.close();
  });

  test("is outlasted by what was typed without JavaScript, however long it is away", async ({ browser }) => {
    const context = await browser.newContext({ baseURL: broken.product.url, javaScriptEnabled: false });
    const page = await context.newPage();
    const person = newPerson();
    await page.goto("/register");
    await broken.gate.refuse();
    await fillRegistration(page, person);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.waitForURL(`${broken.product.url}/register`);
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
    await broken.gate.open();
    await expect(page.getByLabel("Username")).toHaveValue(person.username, { timeout: 30_000 });
    await expect(page.getByLabel("Email address")).toHaveValue(person.email);
    await expect(page.getByText("Nothing was lost; please try again shortly.")).toBeVisible();
    await context.close();
  });

  test("keeps nothing that is not of our making", async () => {
    await broken.gate.refuse();
    const port = new URL(broken.product.url).port;
    for (const value of ["nonsense", Buffer.from('{"done":"you_won"}').toString("base64url")]) {
      const answer = await fetch(`${broken.product.url}/account`, {
        redirect: "manual",
        headers: { cookie: `latchkey-${port}.flash=${value}` },
      });
      expect([answer.status, answer.headers.get("set-cookie")]).toEqual([503, null]);
    }
  });

  test("keeps nobody without JavaScript at an address with a “#”", async ({ browser }) => {
    const context = await browser.newContext({ baseURL: broken.product.url, javaScriptEnabled: false });
    const page = await context.newPage();
    await signInAsNew(page);
    await broken.gate.refuse();
    await page.locator("#password summary").click();
    await page.locator("#password [name=current_password]").fill("not my password");
    await page.locator("#password [name=new_password]").fill("correct horse battery staple");
    await page.locator("#password button[type=submit]").click();
    await page.waitForURL("**/account#password");
    await expect(page.getByRole("heading", { name: "Back in a moment" })).toBeVisible();
    await broken.gate.open();
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
        const context = await browser.newContext({ baseURL: broken.product.url, javaScriptEnabled });
        const page = await context.newPage();
        await signInAsNew(page);
        await page.goto(from);
        await broken.gate.refuse();
        await page.getByRole("button", { name, exact: true }).click();
        const told = page.getByRole("heading", { name: "You are not signed out yet" });
        await expect(told).toBeVisible();
        if (javaScriptEnabled) await expectNoViolations(page);
        await expectSignedOutOnceBack(page, `${broken.product.url}${next}`);
        await page.goto("/account");
        await page.waitForURL("**/sign-in");
        await context.close();
      });

  test("an operator is told the same", async ({ browser }) => {
    const context = await browser.newContext({ baseURL: broken.product.url });
    const page = await context.newPage();
    await signInOperator(page);
    await page.waitForURL("**/ops");
    await broken.gate.refuse();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(page.getByRole("heading", { name: "You are not signed out yet" })).toBeVisible();
    await expectSignedOutOnceBack(page, `${broken.product.url}/ops/sign-in`);
    await expect(page.getByLabel("Operator’s password")).toBeVisible();
    await context.close();
  });

  test("that goes in the middle of twenty registrations leaves none half-written, and loses no mail", async () => {
    const people = Array.from({ length: 20 }, () => newPerson());
    const answers = people.map((body) => callApi("/api/v1/usr/register", { body }));
    await Promise.race(answers);
    await broken.gate.refuse();
    const settled = await Promise.all(answers);
    expect(
      settled.map((answer) => answer.status).filter((status) => status !== 201 && status !== 503),
    ).toEqual([]);
    await broken.gate.open();
    const names = people.map((person) => person.username);
    const rows = await broken.sql`
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
    await untilRelayed(broken);
    for (const row of rows) expect(await countMails(String(row.email))).toBe(1);
  });
});

test("a page that the server could not make has its look, and its button asks for it anew", async ({
  browser,
}) => {
  const page = await browser.newPage({ baseURL: broken.product.url });
  const violations: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text());
  });
  const person = newPerson();
  await registerOnPage(page, person);
  await nextMail(person.email);
  const again = page.getByRole("button", { name: "Try again" });
  await broken.sql`alter table confirmation_codes rename to confirmation_codes_away`;
  try {
    expect((await page.goto("/confirm"))?.status()).toBe(500);
    // Thumb-sized and coloured, which no button of a browser's own is.
    expect((await again.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await expect(again).toHaveCSS("border-radius", /[1-9]/);
    await expect(page.locator("body")).toHaveCSS("min-height", /[1-9]/);
  } finally {
    await broken.sql`alter table confirmation_codes_away rename to confirmation_codes`;
  }
  await again.click();
  await expect(codeField(page)).toBeVisible();
  expect(violations).toEqual([]);
  await page.close();
});

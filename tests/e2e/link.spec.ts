// The link beside the code: nothing happens without a click, on whatever device it is opened.
import { type Browser, expect, type Page, test } from "@playwright/test";
import { newAccount } from "../support/accounts";
import { expectNoViolations } from "../support/axe";
import { countMails, linkIn, type Mail, nextMail } from "../support/mailbox";
import { codeField, currentStep, registerOnPage, signInOnPage, speak, statusLine } from "../support/pages";
import { callApi, newPerson, register } from "../support/people";

/** The address behind "This wasn't me". */
function notMeIn(mail: Pick<Mail, "text">): string {
  const url = /https?:\/\/\S+\/not-me#\S+/.exec(mail.text)?.[0];
  if (!url) throw new Error(`No such link in this mail:\n${mail.text}`);
  return url;
}

/** What has the focus is the heading that says what happened, the tab says the same, and no live region says it again. */
async function expectToldOnce(page: Page, heading: string, tab = heading): Promise<void> {
  const title = page.getByRole("heading", { level: 1, name: heading });
  await expect(title).toBeFocused();
  await expect(page).toHaveTitle(`${tab} · Latchkey`);
  await expect(page.getByRole("status").or(page.getByRole("alert")).filter({ hasText: /\S/ })).toHaveCount(0);
}

/** Another device: a browser with no cookie of ours. */
async function openElsewhere(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  return page;
}

const confirmation = async (token: string) =>
  (await callApi("/api/v1/usr/confirmation", { token })).json() as Promise<{ confirmed: boolean }>;

test("a click on another device confirms, signs nobody in there, and the first tab goes on by itself", async ({
  page,
  browser,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const url = linkIn(await nextMail(person.email));
  expect(new URL(url).search).toBe("");

  const phone = await openElsewhere(browser, url);
  await expect(phone.getByRole("heading", { level: 1 })).toHaveText("Is this your registration?");
  await expect(phone.getByText("Somebody registered with your address.")).toBeVisible();
  await expect(phone.getByText(person.username, { exact: true })).toBeVisible();
  await expect(phone.getByText(person.email)).toBeVisible();
  expect(new URL(phone.url()).hash).toBe("");
  await phone.reload();
  await phone.getByRole("button", { name: "Confirm" }).click();
  await expectToldOnce(phone, "Your address is confirmed");
  expect((await phone.context().cookies()).filter(({ name }) => name.endsWith("session"))).toEqual([]);

  await page.waitForURL("**/account**");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);

  const again = await openElsewhere(browser, url);
  await expectToldOnce(again, "Confirmed already");
  // Told where the way leads on, and not a second time.
  await phone.getByRole("link", { name: "Sign in here" }).click();
  await expect(phone.getByText("Your email address is confirmed. Sign in to go on here.")).toBeVisible();
  await phone.reload();
  await expect(phone.getByText("Good to see you again.")).toBeVisible();
  await phone.goto("/sign-in?confirmed=1");
  await expect(phone.getByText("Good to see you again.")).toBeVisible();
  await Promise.all([phone, again].map((other) => other.context().close()));
});

test("in a browser that is signed in to another account, the link confirms and leads to signing in to its own", async ({
  page,
}) => {
  const [account, person] = [await newAccount(), newPerson()];
  await signInOnPage(page, account);
  await page.waitForURL("**/account");
  await register(person);
  const link = linkIn(await nextMail(person.email));
  await page.goto(link);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("link", { name: "Sign in here" }).click();
  await expect(page.getByRole("heading", { name: "You are signed in already" })).toBeVisible();
  await expect(page.getByRole("status")).toHaveText("Your email address is confirmed.");
  await expect(page.getByText(account.email)).toBeVisible();
  await expectNoViolations(page);
  await page.getByRole("button", { name: "Sign out, and sign in anew" }).click();
  await page.waitForURL("**/sign-in");
  await signInOnPage(page, person);
  await page.waitForURL("**/account");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);
  // Their own mail, once more: nothing to sign out for.
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "Confirmed already" })).toBeVisible();
  await page.getByRole("link", { name: "Go to your account" }).click();
  await page.waitForURL("**/account");
});

test("the first tab stays while our server cannot be reached, says so, and goes on when it can", async ({
  page,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const link = new URL(linkIn(await nextMail(person.email))).hash.slice(1);
  let tries = 0;
  await page.route("**/confirmation/continue", (route) => {
    tries += 1;
    return route.abort("internetdisconnected");
  });
  expect((await callApi("/api/v1/usr/confirm-link", { body: { link } })).status).toBe(200);
  await expect(page.getByText("Reconnecting", { exact: true })).toBeVisible();
  await expect(statusLine(page)).toHaveText(`${person.email} is yours. Taking you in.`);
  await expect.poll(() => tries).toBeGreaterThan(1);
  expect(new URL(page.url()).pathname).toBe("/confirm");
  await page.unroute("**/confirmation/continue");
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await page.waitForURL("**/account");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);
});

test("another language leaves the link out of the address bar, and what is known of it on the page", async ({
  page,
}) => {
  const person = newPerson();
  await register(person);
  const mail = await nextMail(person.email);
  for (const [url, act] of [
    [linkIn(mail), { en: "Confirm", de: "Bestätigen" }],
    [notMeIn(mail), { en: "This wasn’t me", de: "Das war ich nicht" }],
  ] as const) {
    await speak(page, "en");
    await page.goto(url);
    await expect(page.getByRole("button", { name: act.en })).toBeVisible();
    const { pathname } = new URL(url);
    const placeOf = () => page.evaluate(() => location.pathname + location.hash);
    await expect.poll(placeOf).toBe(pathname);
    await page.getByRole("combobox", { name: "Language" }).selectOption("de");
    await page.getByRole("button", { name: "Use this language" }).click();
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await expect(page.getByRole("button", { name: act.de })).toBeVisible();
    await expect(page.getByText(person.username, { exact: true })).toBeVisible();
    expect(await placeOf()).toBe(pathname);
    await page.reload();
    await expect(page.getByText(person.username, { exact: true })).toBeVisible();
    expect(await placeOf()).toBe(pathname);
  }
  // What the browser keeps for its back button is as clean.
  await page.goto("/sign-in");
  await page.goBack();
  await expect(page.getByRole("button", { name: "Das war ich nicht" })).toBeVisible();
  expect(new URL(page.url()).hash).toBe("");
});

test("in the browser that registered, the click signs in", async ({ page, context }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const tab = await context.newPage();
  await tab.goto(linkIn(await nextMail(person.email)));
  await expect(tab.getByText("You registered in this browser.")).toBeVisible();
  await tab.getByRole("button", { name: "Confirm" }).click();
  await tab.waitForURL("**/account");
  await page.waitForURL("**/account**");
});

test("scanners that ask by HEAD, by GET, or run the page's scripts without a click never use it up", async ({
  browser,
}) => {
  const person = newPerson();
  const { access_token } = await register(person);
  const url = linkIn(await nextMail(person.email));
  const link = new URL(url).hash.slice(1);
  // Some fetch the address as it stands, "#" and all; some send what is behind it to the server.
  for (const address of [url, url.replace("#", "?"), url.replace("#", "%23"), url.replace("#", "/")])
    for (const method of ["HEAD", "GET"]) await (await fetch(address, { method })).text();
  for (const path of ["/api/v1/usr/confirm-link", "/api/v1/usr/confirm-link/look"])
    for (const method of ["HEAD", "GET"])
      expect((await callApi(`${path}?link=${link}`, { method })).status, `${method} ${path}`).toBe(405);

  const posts: string[] = [];
  const scanner = await (await browser.newContext({ userAgent: "Mozilla/5.0 (scanner)" })).newPage();
  scanner.on(
    "request",
    (request) => request.method() === "POST" && posts.push(new URL(request.url()).pathname),
  );
  for (let visit = 0; visit < 2; visit++) {
    await scanner.goto(url);
    await expect(scanner.getByRole("button", { name: "Confirm" })).toBeVisible();
    await scanner.mouse.move(200, 200);
    await scanner.keyboard.press("End");
  }
  expect(new Set(posts)).toEqual(new Set(["/api/v1/usr/confirm-link/look"]));
  await scanner.context().close();

  expect(await confirmation(access_token)).toMatchObject({ confirmed: false, code: { tries_left: 5 } });
  const confirmed = await callApi("/api/v1/usr/confirm-link", { body: { link } });
  expect(confirmed.status).toBe(200);
  expect(await confirmed.json()).toEqual({
    confirmed: true,
    signed_in: false,
    user_data: expect.objectContaining({ username: person.username, email_confirmed: true }),
  });
  expect(await confirmation(access_token)).toMatchObject({ confirmed: true });
  const gone = await callApi("/api/v1/usr/confirmation/continue", { method: "POST", token: access_token });
  const { access_token: full } = (await gone.json()) as { access_token: string };
  expect((await callApi("/api/v1/usr/me", { token: access_token })).status).toBe(401);
  expect(await (await callApi("/api/v1/usr/me", { token: full })).json()).toMatchObject({
    email_confirmed: true,
  });
});

test("“This wasn't me” ends the registration on a click and on nothing less, and nobody can see it afterwards", async ({
  page,
  browser,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const url = notMeIn(await nextMail(person.email));
  for (const method of ["HEAD", "GET"]) await (await fetch(url, { method })).text();
  const reader = await openElsewhere(browser, url);
  await expect(reader.getByText(person.username, { exact: true })).toBeVisible();
  await expect(currentStep(page)).toContainText("Delivered");
  await reader.getByRole("button", { name: "This wasn’t me" }).click();
  await expectToldOnce(reader, "Done");
  // Where the registration was going on, nothing is left that was said of its mail.
  await expectToldOnce(page, "This page has come to its end", "Ended · Confirm your email");
  await expect(page.getByText("The code is in your mailbox.")).toHaveCount(0);
  await expect(page.getByText(/We sen[dt] a 6-digit code/)).toHaveCount(0);

  const again = { ...newPerson(), email: person.email };
  const stranger = await (await browser.newContext()).newPage();
  await registerOnPage(stranger, again);
  await expect(currentStep(stranger)).toContainText("Delivered");
  expect(await countMails(person.email)).toBe(1);

  await reader.reload();
  await reader.getByRole("button", { name: "Allow mail again" }).click();
  await expectToldOnce(reader, "Was this not you?", "This wasn’t me");
  await Promise.all([reader, stranger].map((other) => other.context().close()));
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the page offers the code field where somebody registered, and says what to do elsewhere", async ({
    page,
    browser,
  }) => {
    const person = newPerson();
    await registerOnPage(page, person);
    const mail = await nextMail(person.email);
    await page.goto(linkIn(mail));
    await expect(codeField(page)).toBeVisible();

    const other = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    await other.goto(linkIn(mail));
    // Playwright reads no text inside of <noscript>, but sees what stands there.
    await expect(other.locator('noscript a[href="/sign-in?other"]')).toBeVisible();
    await other.context().close();

    await codeField(page).fill(/^(\d{6}) is your/.exec(mail.subject)?.[1] ?? "");
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.waitForURL("**/account");
  });

  test("who is signed in to another account is not taken into that one", async ({ page }) => {
    const [account, person] = [await newAccount(), newPerson()];
    await signInOnPage(page, account);
    await page.waitForURL("**/account");
    await register(person);
    await page.goto(linkIn(await nextMail(person.email)));
    await page.locator('noscript a[href="/sign-in?other"]').click();
    await expect(page.getByText(account.email)).toBeVisible();
    await page.getByRole("button", { name: "Sign out, and sign in anew" }).click();
    await signInOnPage(page, person);
    await page.waitForURL("**/confirm");
  });

  test("the first tab goes on by a button, after a refresh", async ({ page }) => {
    const person = newPerson();
    await registerOnPage(page, person);
    const link = new URL(linkIn(await nextMail(person.email))).hash.slice(1);
    expect((await callApi("/api/v1/usr/confirm-link", { body: { link } })).status).toBe(200);
    await page.getByRole("link", { name: "Refresh" }).click();
    await page.getByRole("button", { name: "Go to your account" }).click();
    await page.waitForURL("**/account");
    await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);
  });
});

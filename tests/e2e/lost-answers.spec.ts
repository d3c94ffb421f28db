// An answer that never arrives, and a form that was sent twice: what was done is told as done, and nobody is left outside
// of what is theirs.
import { expect, type Page, test } from "@playwright/test";
import { newAccount } from "../support/accounts";
import { codeIn, nextMail } from "../support/mailbox";
import { codeField, registerOnPage, signInOnPage } from "../support/pages";
import { callApi, newPerson, type Person } from "../support/people";

/** The server gets the request and does it; the browser never hears of it, nor gets a cookie. */
async function loseAnswer(page: Page, path: string, times = 1): Promise<() => number> {
  let lost = 0;
  await page.route(
    `**${path}`,
    async (route) => {
      const request = route.request();
      // Not by the browser's own means, which would keep the cookie.
      const answer = await fetch(request.url(), {
        method: request.method(),
        headers: await request.allHeaders(),
        body: request.postData(),
      });
      expect(answer.ok, await answer.text()).toBe(true);
      lost++;
      await route.abort("connectionreset");
    },
    { times },
  );
  return () => lost;
}

async function openAccount(page: Page, person: Person): Promise<void> {
  await signInOnPage(page, person);
  await page.waitForURL("**/account");
}

const tokenStatus = async ({ username }: Person, password: string) =>
  (await callApi("/api/v1/usr/token", { body: { login: username, password } })).status;

test("a right code whose answer is lost leads into the account all the same", async ({ page }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const code = codeIn(await nextMail(person.email));
  const lost = await loseAnswer(page, "/api/v1/usr/confirm-email");
  await codeField(page).fill(code);
  await page.waitForURL("**/account");
  expect(lost()).toBe(1);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);
});

test("a right code whose answer is lost is not said to be unheard beside the news that it was right", async ({
  page,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const code = codeIn(await nextMail(person.email));
  const lost = await loseAnswer(page, "/api/v1/usr/confirm-email", 2);
  await codeField(page).fill(code);
  // The second one is the page's own, a moment before it is asked again.
  await expect.poll(lost, { intervals: [50] }).toBe(2);
  await expect(page.getByText("Taking you in.")).toBeVisible();
  expect(await page.getByText("We could not reach our server.").count()).toBe(0);
  await page.waitForURL("**/account");
});

test("a right code whose answer is lost leads the other tab into the account as well", async ({
  page,
  context,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const other = await context.newPage();
  await other.goto("/confirm");
  await expect(other.getByText("Live", { exact: true })).toBeVisible();
  const code = codeIn(await nextMail(person.email));
  await loseAnswer(page, "/api/v1/usr/confirm-email");
  await codeField(page).fill(code);
  for (const tab of [page, other]) {
    await tab.waitForURL("**/account");
    await expect(tab.getByRole("heading", { level: 1 })).toContainText(person.username);
  }
});

test("a right code whose answer is lost, on a page that is loaded anew: it says that the address is confirmed", async ({
  page,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const code = codeIn(await nextMail(person.email));
  const lost = await loseAnswer(page, "/api/v1/usr/confirm-email", 10);
  await codeField(page).fill(code);
  await expect.poll(lost).toBeGreaterThan(0);
  await page.goto("/confirm");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your address is confirmed");
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.waitForURL("**/sign-in");
});

test("an account that is deleted is told as deleted, also to whoever presses again because the answer was lost", async ({
  page,
}) => {
  const person = await newAccount();
  await openAccount(page, person);
  await loseAnswer(page, "/api/v1/usr/delete-account");
  await page.getByText("Delete account").click();
  await page.locator("#delete").getByLabel("Current password").fill(person.password);
  const press = page.getByRole("button", { name: "Delete my account" });
  await press.click();
  await expect(page.getByText("We could not reach our server.")).toBeVisible();
  await press.click();
  await page.waitForURL("**/sign-in");
  await expect(page.getByText("Your account is deleted")).toBeVisible();
  await expect(page.getByText("Your session had ended")).toHaveCount(0);
  expect(await tokenStatus(person, person.password)).toBe(401);
});

test("a password that may have been changed is not said to be as it was", async ({ page }) => {
  const person = await newAccount();
  await openAccount(page, person);
  await loseAnswer(page, "/api/v1/usr/change-password");
  await page.getByText("Change password").first().click();
  const drawer = page.locator("#password");
  await drawer.getByLabel("Current password").fill(person.password);
  await drawer.getByLabel("New password").fill("an entirely other wording 47");
  const press = drawer.getByRole("button");
  await press.last().click();
  await expect(page.getByText("We could not reach our server.")).toBeVisible();
  await press.last().click();
  await page.waitForURL("**/sign-in");
  await expect(page.getByText("An earlier try may have gone through")).toBeVisible();
  expect(await tokenStatus(person, "an entirely other wording 47")).toBe(200);
});

test("a password that is not the current one any more, because the answer to changing it was cut off, is said to be that", async ({
  page,
}) => {
  const person = await newAccount();
  await openAccount(page, person);
  await page.route(
    "**/api/v1/usr/change-password",
    async (route) => {
      // The browser has the cookie of the answer, and not its body.
      await route.fetch();
      await route.abort("connectionreset");
    },
    { times: 1 },
  );
  await page.getByText("Change password").first().click();
  const drawer = page.locator("#password");
  await drawer.getByLabel("Current password").fill(person.password);
  await drawer.getByLabel("New password").fill("an entirely other wording 47");
  const press = drawer.getByRole("button").last();
  await press.click();
  await expect(drawer.getByText("We could not reach our server.")).toBeVisible();
  await press.click();
  await expect(
    drawer.getByText("An earlier try may have gone through: then the new password is"),
  ).toBeVisible();
  await drawer.getByLabel("Current password").fill("an entirely other wording 47");
  await expect(drawer.getByText("An earlier try may have gone through")).toHaveCount(0);
  expect(await tokenStatus(person, "an entirely other wording 47")).toBe(200);
});

test("what is sent on an account's page of a browser that registers anew is told there as not done", async ({
  page,
  context,
}) => {
  const person = await newAccount();
  await openAccount(page, person);
  const tab = await context.newPage();
  await tab.goto("/account");
  await tab.getByRole("button", { name: "Sign out", exact: true }).click();
  await tab.waitForURL((url) => url.pathname === "/");
  const registered = newPerson();
  await registerOnPage(tab, registered);
  await tab.close();
  await page.getByText("Delete account").click();
  await page.locator("#delete").getByLabel("Current password").fill(person.password);
  await page.getByRole("button", { name: "Delete my account" }).click();
  await page.waitForURL("**/confirm");
  await expect(page.getByText("Nothing was changed.")).toBeVisible();
  expect(await tokenStatus(person, person.password)).toBe(200);
  // Once, and not on the next one's account.
  await codeField(page).fill(codeIn(await nextMail(registered.email)));
  await page.waitForURL("**/account");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(registered.username);
  await expect(page.getByText("Nothing was changed.")).toHaveCount(0);
  await expect(page.locator("#delete")).not.toHaveAttribute("open");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  /** The first of two clicks: the server does it, and the browser has gone on to the second one before the answer. */
  async function clickBefore(page: Page, path: string, form: Record<string, string>): Promise<void> {
    const cookies = await page.context().cookies();
    const { origin } = new URL(page.url());
    const answer = await fetch(`${origin}${path}`, {
      method: "POST",
      redirect: "manual",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
        origin,
      },
      body: new URLSearchParams(form),
    });
    expect(answer.status).toBe(303);
  }

  test("the second of two clicks on “Confirm” leads into the account", async ({ page }) => {
    const person = newPerson();
    await registerOnPage(page, person);
    const code = codeIn(await nextMail(person.email));
    await clickBefore(page, "/api/v1/usr/confirm-email", { code });
    await codeField(page).fill(code);
    await page.getByRole("button", { name: "Confirm", exact: true }).click();
    await page.waitForURL("**/account");
    await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);
  });

  test("the second of two clicks on “Delete my account” tells that it is deleted", async ({ page }) => {
    const person = await newAccount();
    await openAccount(page, person);
    await page.locator("#delete summary").click();
    const accountId = await page.locator("#delete input[name=user_id]").inputValue();
    await clickBefore(page, "/api/v1/usr/delete-account", {
      user_id: accountId,
      password: person.password,
    });
    await page.locator("#delete").getByLabel("Current password").fill(person.password);
    await page.getByRole("button", { name: "Delete my account" }).click();
    await page.waitForURL("**/sign-in");
    await expect(page.getByText("Your account is deleted")).toBeVisible();
  });
});

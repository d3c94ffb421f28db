// The account's page with JavaScript; sessions.spec.ts walks it without.
import { expect, type Page, test } from "@playwright/test";
import { newAccount, signInAs } from "../support/accounts";
import { callApi, type Person } from "../support/people";

async function openAccount(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Username or email address").fill(person.username);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/account");
  // Until its scripts run a form goes out as it does without them.
  await page.waitForLoadState("networkidle");
}

/** What the page sends when `act` is done, and how it is answered. */
async function heard(page: Page, call: string, act: () => Promise<void>) {
  const [response] = await Promise.all([
    page.waitForResponse((answer) => new URL(answer.url()).pathname === call),
    act(),
  ]);
  return { type: response.request().headers()["content-type"], status: response.status() };
}

test("the account is deleted with its password, and the page goes where nobody is signed in", async ({
  page,
}) => {
  const person = await newAccount();
  await openAccount(page, person);
  await page.getByText("Delete account").click();
  const remove = (password: string) =>
    heard(page, "/api/v1/usr/delete-account", async () => {
      await page.locator("#delete").getByLabel("Current password").fill(password);
      await page.getByRole("button", { name: "Delete my account" }).click();
    });
  expect(await remove("wrong password")).toEqual({ type: "application/json", status: 422 });
  await expect(page.getByText("This is not your current password.").first()).toBeVisible();
  expect(await remove(person.password)).toEqual({ type: "application/json", status: 204 });
  await page.waitForURL((url) => url.pathname === "/");
  const body = { login: person.username, password: person.password };
  expect((await callApi("/api/v1/usr/token", { body })).status).toBe(401);
});

test("a session elsewhere is ended, and the list says so", async ({ page }) => {
  const person = await newAccount();
  const { access_token: token } = await signInAs(person, "curl/8.5.0");
  await openAccount(page, person);
  await page.getByRole("button", { name: "Sign out curl" }).click();
  await expect(page.getByText("Signed out there.")).toBeVisible();
  expect((await callApi("/api/v1/usr/me", { token })).status).toBe(401);
});

test("a tab with the account of somebody who has signed out since is left when it is looked at, and by what is done in it", async ({
  page,
  context,
}) => {
  const person = await newAccount();
  await openAccount(page, person);
  const others = [await context.newPage(), await context.newPage()] as const;
  for (const other of others) {
    await other.goto("/account");
    await other.waitForLoadState("networkidle");
  }
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL((url) => url.pathname === "/");

  const [looked, acted] = others;
  // A headless browser shows every tab at once: this is what it tells a page that comes to the front.
  await looked.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await looked.waitForURL("**/sign-in");

  await acted.getByText("Delete account").click();
  await acted.locator("#delete").getByLabel("Current password").fill(person.password);
  await acted.getByRole("button", { name: "Delete my account" }).click();
  await acted.waitForURL("**/sign-in");
  const body = { login: person.username, password: person.password };
  expect((await callApi("/api/v1/usr/token", { body })).status).toBe(200);
});

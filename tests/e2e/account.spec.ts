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
      await page.locator("#delete").getByLabel("Present password").fill(password);
      await page.getByRole("button", { name: "Delete my account" }).click();
    });
  expect(await remove("wrong password")).toEqual({ type: "application/json", status: 422 });
  await expect(page.getByText("This is not your present password.").first()).toBeVisible();
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

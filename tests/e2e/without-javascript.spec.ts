// The same journey in a browser that runs no script.
import { expect, test } from "@playwright/test";
import { newAccount } from "../support/accounts";
import { codeIn, nextMail } from "../support/mailbox";
import { codeField, currentStep, fillRegistration, registerOnPage, signInOnPage } from "../support/pages";
import { newPerson, register } from "../support/people";

test.use({ javaScriptEnabled: false });

test("register, refresh until the mail is out, type the code, be in; sign out, sign in", async ({ page }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  await expect(currentStep(page)).toContainText(/Queued|Sending|Sent|Delivered/);
  const code = codeIn(await nextMail(person.email));
  await page.getByRole("link", { name: "Refresh" }).click();
  await expect(currentStep(page)).toContainText(/Sent|Delivered/);
  await codeField(page).fill(code);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.waitForURL("**/account");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await page.goto("/sign-in");
  await page.getByLabel("Username or email address").fill(person.username);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/account");
});

test("a refused form comes back with what was typed, the password aside, and every mistake named", async ({
  page,
}) => {
  await page.goto("/register");
  await fillRegistration(page, { username: "a b", email: "ada@example.com", password: "short" });
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/register");
  await expect(page.getByLabel("Username")).toHaveValue("a b");
  await expect(page.getByLabel("Email address")).toHaveValue("ada@example.com");
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  await expect(page.getByLabel("Username")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Password", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText("Use at least 8 characters.").first()).toBeVisible();
});

test("a taken username is said", async ({ page }) => {
  const first = newPerson();
  await register(first);
  await page.goto("/register");
  await fillRegistration(page, { ...newPerson(), username: first.username });
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("This username is taken.").first()).toBeVisible();
});

test("a wrong code says how many tries are left", async ({ page }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const code = codeIn(await nextMail(person.email));
  await codeField(page).fill(code === "000000" ? "000001" : "000000");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByText("You have 4 tries left.")).toBeVisible();
});

test("a wrong password is said, and the name stays typed", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("Username or email address").fill("nobody-at-all");
  await page.getByLabel("Password", { exact: true }).fill("wrong password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("do not belong together").first()).toBeVisible();
  await expect(page.getByLabel("Username or email address")).toHaveValue("nobody-at-all");
});

test("after a switch of language nothing is said in the one before, and what was typed is there", async ({
  page,
}) => {
  await page.goto("/sign-in");
  await page.getByLabel("Username or email address").fill("nobody-at-all");
  await page.getByLabel("Password", { exact: true }).fill("wrong password");
  await page.getByRole("button", { name: "Sign in" }).click();
  const refusal = page.getByText("do not belong together");
  await expect(refusal.first()).toBeVisible();
  await page.locator('select[name="language"]').selectOption("de");
  await page.locator('form[action="/language"] button').click();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(refusal).toHaveCount(0);
  await expect(page.locator("#field-login")).toHaveValue("nobody-at-all");
});

test("who chooses a language where another account is open stays where that is told", async ({ page }) => {
  const account = await newAccount();
  await signInOnPage(page, account);
  await page.waitForURL("**/account");
  await page.goto("/sign-in?other");
  await page.locator('select[name="language"]').selectOption("fr");
  await page.locator('form[action="/language"] button').click();
  await page.waitForURL("**/sign-in?other");
  await expect(page.getByRole("heading", { name: "Vous êtes déjà connecté" })).toBeVisible();
  await expect(page.getByText(account.email)).toBeVisible();
});

// What people do on the pages, by the words they read.
import { expect, type Page } from "@playwright/test";
import type { Person } from "./people";

export async function fillRegistration(page: Page, person: Person): Promise<void> {
  await page.getByLabel("Username").fill(person.username);
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
}

/** Registers on the page and ends on the confirm page. */
export async function registerOnPage(page: Page, person: Person): Promise<void> {
  await page.goto("/register");
  await fillRegistration(page, person);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/confirm");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Confirm your email address");
}

/** Where it leads, an account or a claim's page, is for the caller to wait for. */
export async function signInOnPage(page: Page, { username, password }: Person): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Username or email address").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/**
 * The pages speak this language from now on. Tried again when the server ends the connection, unused for five seconds,
 * at the very moment: a browser does so by itself.
 */
export const speak = (page: Page, language: string) =>
  page.request.post("/language", { form: { language }, maxRetries: 2 });

/** The step of the timeline the mail stands at. */
export const currentStep = (page: Page) => page.locator('ol [aria-current="step"]');

/** The sentence that says where things stand: the page's live region. A form's fields have their own beside it. */
export const statusLine = (page: Page) => page.locator('p[role="status"]');

export const codeField = (page: Page) => page.getByLabel("Confirmation code");

/** Something is wider than the window. */
export const hasSidewaysScroll = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

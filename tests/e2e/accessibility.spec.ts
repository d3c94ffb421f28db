// Every page against axe's WCAG 2.2 AA rules, light and dark.
import { expect, test } from "@playwright/test";
import { newAccount } from "../support/accounts";
import { expectNoViolations } from "../support/axe";
import { codeIn, nextMail } from "../support/mailbox";
import { signInOperator } from "../support/operator";
import { codeField, currentStep, fillRegistration, registerOnPage } from "../support/pages";
import { newPerson, register } from "../support/people";

for (const path of ["/", "/register", "/sign-in", "/confirm", "/confirm/link", "/not-me", "/no-such-page"])
  test(`${path} has no violations, light and dark`, async ({ page }) => {
    await page.goto(path);
    await expectNoViolations(page);
  });

test("/docs/api has no violations, light and dark", async ({ page }) => {
  await page.goto("/docs/api");
  // Every call and every schema is made by the same components, and axe takes minutes for all of them.
  await expectNoViolations(page, {
    only: ["header", "nav", "h1", "#register", "#confirmLink", "#Confirmation"],
  });
  const ids = await page.locator("[id]").evaluateAll((elements) => elements.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});

test("a refused registration has no violations, light and dark", async ({ page }) => {
  await page.goto("/register");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByLabel("Username")).toHaveAttribute("aria-invalid", "true");
  await expectNoViolations(page);
});

test("a question about the address, a taken name and a lost connection have no violations, light and dark", async ({
  page,
}) => {
  const person = newPerson();
  await page.goto("/register");
  await fillRegistration(page, { ...person, email: "ada@gmial.com" });
  await expect(page.getByRole("button", { name: "ada@gmail.com" })).toBeVisible();
  await expectNoViolations(page, { state: "a question" });
  await page.route("**/api/v1/usr/register", (route) => route.abort());
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "could not reach our server" })).toBeVisible();
  await expectNoViolations(page, { state: "a lost connection" });
  await page.unroute("**/api/v1/usr/register");
  await register(person);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("This username is taken.")).toBeVisible();
  await expectNoViolations(page, { state: "a taken name" });
});

test("a refused sign-in has no violations, light and dark", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("Username or email address").fill("nobody");
  await page.getByLabel("Password", { exact: true }).fill("not my password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toBeVisible();
  await expectNoViolations(page);
});

test("confirming and the account have no violations, light and dark", async ({ page }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  await expect(currentStep(page)).toContainText("Delivered");
  await expectNoViolations(page);
  await page.getByText("Wrong address? Change it").click();
  await expect(page.getByLabel("Right email address")).toBeVisible();
  await expectNoViolations(page);
  await codeField(page).fill(codeIn(await nextMail(person.email)));
  await page.waitForURL("**/account");
  await expectNoViolations(page);

  // As another tab would sign in.
  const { username, password } = await newAccount();
  await page.request.post("/api/v1/usr/token", {
    form: { login: username, password },
    headers: { "sec-fetch-site": "same-origin" },
  });
  await page.getByText("Delete account").click();
  await page.locator("#delete").getByLabel("Current password").fill(person.password);
  await page.getByRole("button", { name: "Delete my account" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(username);
  await expect(page.getByRole("alert").filter({ hasText: "another account" })).toBeVisible();
  await expectNoViolations(page);
});

test("what a mail's links open has no violations, light and dark", async ({ page }) => {
  const person = newPerson();
  await register(person);
  const mail = await nextMail(person.email);
  for (const link of [/https?:\S+\/confirm\/link#\S+/, /https?:\S+\/not-me#\S+/]) {
    await page.goto(link.exec(mail.text)?.[0] ?? "");
    await expect(page.getByRole("button", { name: /Confirm|This wasn’t me/ })).toBeVisible();
    await expectNoViolations(page);
  }
});

test("the operators' pages have no violations, light and dark", async ({ page }) => {
  const { delivery } = await register(newPerson());
  await signInOperator(page);
  await page.waitForURL("**/ops");
  for (const path of [
    "/ops",
    "/ops/deliveries",
    `/ops/deliveries/${delivery.id}`,
    `/ops/ask?act=replay&delivery=${delivery.id}`,
    "/ops/audit",
  ]) {
    await page.goto(path);
    await expectNoViolations(page);
  }
});

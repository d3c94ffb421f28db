// One claim on several devices, and several claims in one browser: each page shows, and acts on, what is true.
import { expect, type Page, test } from "@playwright/test";
import { codeIn, countMails, nextMail } from "../support/mailbox";
import { codeField, fillRegistration, registerOnPage } from "../support/pages";
import { callApi, newPerson, type Person, register } from "../support/people";

async function signInToClaim(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Username or email address").fill(person.username);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/confirm");
}

test("a code typed on another device moves every page of the claim on to the account, each with a session of its own", async ({
  page,
  context,
  browser,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const tab = await context.newPage();
  await tab.goto("/confirm");
  const phone = await (await browser.newContext()).newPage();
  await signInToClaim(phone, person);
  await codeField(phone).fill(codeIn(await nextMail(person.email)));
  for (const each of [phone, page, tab]) {
    await each.waitForURL("**/account**");
    await expect(each.getByRole("heading", { level: 1 })).toContainText(person.username);
  }
  await page.reload();
  const list = page.getByRole("region", { name: "Where you are signed in" }).getByRole("listitem");
  await expect(list).toHaveCount(2);
  await phone.context().close();
});

async function submitRegistration(page: Page, person: Person): Promise<void> {
  await fillRegistration(page, person);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/confirm");
  await expect(page.getByText("We send a 6-digit code to")).toContainText(person.email);
}

async function confirmWithCode(page: Page, { email, username }: Person): Promise<void> {
  await codeField(page).fill(codeIn(await nextMail(email)));
  await page.waitForURL("**/account");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(username);
}

test("after three changes of the address, registering anew takes the name along", async ({ page }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  for (let change = 0; change < 3; change++) {
    const { email } = newPerson();
    expect((await page.request.post("/api/v1/usr/change-email", { data: { email } })).status()).toBe(202);
  }
  await page.getByRole("link", { name: "Still the wrong address? Register again" }).click();
  await page.waitForURL("**/register");
  await expect(page.getByLabel("Username")).toHaveValue(person.username);
  const mended = { ...person, email: newPerson().email };
  await submitRegistration(page, mended);
  await confirmWithCode(page, mended);
});

for (const javaScriptEnabled of [true, false])
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("an address that is mended after the back button takes the claim's place", async ({ page }) => {
      const person = newPerson();
      await registerOnPage(page, person);
      await page.goBack();
      await page.waitForURL("**/register");
      const mended = { ...person, email: newPerson().email };
      await submitRegistration(page, mended);
      expect(
        (await callApi("/api/v1/usr/token", { body: { login: person.username, ...person } })).status,
      ).toBe(200);
      await nextMail(mended.email);
    });
  });

test("a registration whose answer was lost on the way is answered when it is sent again, with one mail", async ({
  page,
}) => {
  const person = newPerson();
  await page.route(
    "**/api/v1/usr/register",
    async (route) => {
      // The server took it; the browser hears nothing of it, and gets no cookie.
      await register(person);
      await route.abort();
    },
    { times: 1 },
  );
  await page.goto("/register");
  await fillRegistration(page, person);
  const submit = page.getByRole("button", { name: "Create account" });
  await submit.click();
  await expect(page.getByText("Nothing you typed is lost")).toBeVisible();
  await submit.click();
  await page.waitForURL("**/confirm");
  await nextMail(person.email);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Confirm your email address");
  expect(await countMails(person.email)).toBe(1);
  await confirmWithCode(page, person);
});

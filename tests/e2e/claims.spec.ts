// One claim on several devices, and several claims in one browser: each page shows, and acts on, what is true.
import { expect, type Page, test } from "@playwright/test";
import { codeIn, nextMail } from "../support/mailbox";
import { codeField, registerOnPage } from "../support/pages";
import { newPerson, type Person } from "../support/people";

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

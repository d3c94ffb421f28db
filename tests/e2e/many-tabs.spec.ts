// More confirm pages in one browser than it has connections to a host (six over HTTP/1.1).
import { expect, type Page, test } from "@playwright/test";
import { SLOT_COUNT } from "@/components/stream-slots";
import { codeIn, nextMail, tellLater } from "../support/mailbox";
import { codeField, currentStep, registerOnPage } from "../support/pages";
import { newPerson } from "../support/people";

const TABS = 8;
const LIVE = "Live";
const READING = "Updated every few seconds";

const badge = (page: Page) => page.getByText(new RegExp(`^(${LIVE}|${READING})$`));

test("eight tabs of the confirm page all tell the truth and can send, other pages load, and who reads takes over from who listened", async ({
  page,
  context,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const tabs = [page];
  await expect(badge(page)).toHaveText(LIVE);
  while (tabs.length < TABS) {
    const tab = await context.newPage();
    tabs.push(tab);
    await tab.goto("/confirm");
    await expect(badge(tab)).toHaveText(tabs.length <= SLOT_COUNT ? LIVE : READING);
  }
  const mail = await nextMail(person.email);
  for (const tab of tabs) {
    await expect(tab).toHaveTitle(/^Delivered/);
    await expect(currentStep(tab)).toContainText("Delivered");
  }

  const last = tabs[TABS - 1] as Page;
  const code = codeIn(mail);
  await codeField(last).fill(code === "000000" ? "000001" : "000000");
  await expect(last.getByText("You have 4 tries left.")).toBeVisible();
  const other = await context.newPage();
  await other.goto("/register");
  await expect(other.getByRole("button", { name: "Create account" })).toBeVisible();
  await other.close();

  await tellLater(mail, "complained");
  for (const tab of tabs) await expect(tab).toHaveTitle(/^Marked as spam/);

  for (const tab of tabs.splice(0, SLOT_COUNT)) await tab.close();
  const countLive = async () => {
    const words = await Promise.all(tabs.map((tab) => badge(tab).textContent()));
    return words.filter((word) => word === LIVE).length;
  };
  await expect.poll(countLive).toBe(SLOT_COUNT);

  await codeField(last).fill(code);
  for (const tab of tabs) await tab.waitForURL("**/account");
});

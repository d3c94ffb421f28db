// Every page against axe's WCAG 2.2 AA rules, light and dark.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { codeIn, nextMail } from "../support/mailbox";
import { codeField, currentStep, registerOnPage } from "../support/pages";
import { newPerson, register } from "../support/people";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** The only ones that see colours: all others would say the same of the dark page as of the light one. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** Ours take 240 ms at most. */
const LONGEST_FADE_MS = 2_000;

/** Without a second page to gather what frames of other origins say: ours have none, and it took two thirds. */
const axe = (page: Page) => new AxeBuilder({ page }).setLegacyMode();

/** Of the whole page, or of what `only` finds. */
async function expectNoViolations(page: Page, only: readonly string[] = ["html"]): Promise<void> {
  const look = () => only.reduce((builder, part) => builder.include(part), axe(page));
  const found = await findViolations(page, "light", look().withTags(RULES));
  found.push(...(await findViolations(page, "dark", look().withRules(COLOUR_RULES))));
  expect(found).toEqual([]);
}

async function findViolations(
  page: Page,
  colorScheme: "light" | "dark",
  builder: AxeBuilder,
): Promise<string[]> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  // Fades would be judged half-way. One whose element was hidden in the middle never says that it has finished.
  await page.evaluate((longestMs) => {
    const finished = document.getAnimations().map((animation) => animation.finished.catch(() => null));
    return Promise.race([
      Promise.all(finished).then(() => null),
      new Promise<null>((resolve) => setTimeout(() => resolve(null), longestMs)),
    ]);
  }, LONGEST_FADE_MS);
  const { violations } = await builder.analyze();
  return violations.map(
    ({ id, nodes }) => `${colorScheme}: ${id}: ${nodes.map((node) => node.html).join(" | ")}`,
  );
}

for (const path of ["/", "/register", "/sign-in", "/confirm", "/confirm/link", "/not-me", "/no-such-page"])
  test(`${path} has no violations, light and dark`, async ({ page }) => {
    await page.goto(path);
    await expectNoViolations(page);
  });

test("/docs/api has no violations, light and dark", async ({ page }) => {
  await page.goto("/docs/api");
  // Every call and every schema is made by the same components, and axe takes minutes for all of them.
  await expectNoViolations(page, ["header", "nav", "h1", "#register", "#confirmLink", "#Confirmation"]);
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

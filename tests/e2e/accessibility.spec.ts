// Every page against axe's WCAG 2.2 AA rules, light and dark.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { codeIn, nextMail } from "../support/mailbox";
import { codeField, currentStep, registerOnPage } from "../support/pages";
import { newPerson } from "../support/people";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

async function expectNoViolations(page: Page): Promise<void> {
  // Fades would be judged half-way.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null))),
  );
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`)).toEqual(
    [],
  );
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, reducedMotion: "reduce" } as object);

    for (const path of ["/", "/register", "/sign-in", "/confirm", "/no-such-page"])
      test(`${path} has no violations`, async ({ page }) => {
        await page.goto(path);
        await expectNoViolations(page);
      });

    test("a refused registration has no violations", async ({ page }) => {
      await page.goto("/register");
      await page.getByRole("button", { name: "Create account" }).click();
      await expect(page.getByLabel("Username")).toHaveAttribute("aria-invalid", "true");
      await expectNoViolations(page);
    });

    test("confirming and the account have no violations", async ({ page }) => {
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
  });
}

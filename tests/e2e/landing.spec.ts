// The front page, for who arrives first and for who evaluates the product.
import { expect, test } from "@playwright/test";
import { LANGUAGES, tagOf } from "@/messages/languages";
import { newAccount } from "../support/accounts";
import { signInOnPage, speak } from "../support/pages";

test("on a small laptop the front page is one screen in every language: what this is, the demo, and the way to the API", async ({
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 720 });
  for (const language of LANGUAGES) {
    await speak(page, language);
    await page.goto("/");
    await expect(page.locator("html")).toHaveAttribute("lang", tagOf(language));
    await expect(page.locator('section[aria-labelledby="demo-heading"]')).toBeInViewport({ ratio: 1 });
    await expect(page.locator("main dl")).toBeInViewport({ ratio: 1 });
    const isOneScreen = await page.evaluate(
      () => document.documentElement.scrollHeight <= document.documentElement.clientHeight,
    );
    expect(isOneScreen, language).toBe(true);
  }
  await page.locator('header a[href="/docs/api"]').click();
  await expect(page.getByRole("heading", { level: 1, name: "API" })).toBeVisible();
});

test("leads who is signed in to their account, and nobody else", async ({ page }) => {
  const way = page.locator("main a.bg-accent");
  await page.goto("/");
  await expect(way).toHaveAttribute("href", "/register");
  await signInOnPage(page, await newAccount());
  await page.waitForURL("**/account");
  await page.goto("/");
  await expect(way).toHaveAttribute("href", "/account");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the demo stands still, and offers nothing that would not work", async ({ page }) => {
    await page.goto("/");
    const demo = page.locator('section[aria-labelledby="demo-heading"]');
    await expect(demo.getByRole("listitem").first()).toBeVisible();
    await expect(demo.getByRole("button")).toHaveCount(0);
    await expect(demo.getByRole("radio")).toHaveCount(0);
  });
});

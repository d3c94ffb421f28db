// Pages with a larger text set in the browser itself, as people with weak eyes do (WCAG 2.2, 1.4.4 and 1.4.10): every
// length in rem grows with it, and the phone does not.
import { expect, type Page, test } from "@playwright/test";
import { newAccount, signInAs } from "../support/accounts";
import { makeConfirmation } from "../support/confirmations";
import { currentStep, registerOnPage, signInOnPage, speak } from "../support/pages";
import { newPerson } from "../support/people";
import { tellStates } from "../support/told-states";

const USUAL_PX = 16;
const PERCENTS = [125, 150, 200];
const PHONES = [320, 390];

const RETRYING = makeConfirmation(
  {
    status: "retrying",
    attempt: 5,
    next_attempt_at: "2026-11-24T10:15:30.000Z",
    reason: { code: "timeout", message: "As the API would say it." },
  },
  {
    email: "christopher.montgomery@universityofexample.edu",
    resend: { allowed: false, next_allowed_at: "2026-11-24T10:01:00.000Z", reason: "cooldown" },
  },
);

/** What is cut off, leaves its box or stands beside the window, as a person would see it. */
const listOverflow = (page: Page) =>
  page.evaluate(() => {
    const found =
      document.documentElement.scrollWidth > window.innerWidth ? ["the page scrolls sideways"] : [];
    for (const element of document.querySelectorAll<HTMLElement>("h1,h2,a,button,label,li,p,time,summary")) {
      const { left, right, width } = element.getBoundingClientRect();
      const isCut = element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1;
      const isOutside = width > 0 && (left < -0.5 || right > window.innerWidth + 0.5);
      if (isCut || isOutside) found.push(`${element.tagName}: ${element.textContent}`);
    }
    return found;
  });

/** Letters under each other instead of words: a line holds a third of the window at least. */
const listNarrow = (page: Page) =>
  page
    .locator("main li p, main dd")
    .evaluateAll((texts) =>
      texts
        .filter((text) => text.getBoundingClientRect().width < window.innerWidth / 3)
        .map((text) => `narrow: ${text.textContent}`),
    );

/**
 * Looks at the page with each size of text on each phone. `look` gives what is wrong. The size is the browser's own
 * (Page.setFontSizes), as its settings have it: a page that is open follows, as it would there.
 */
async function expectNothing(page: Page, where: string, look: () => Promise<unknown[]>): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const setText = (percent: number) =>
    browser.send("Page.setFontSizes", { fontSizes: { standard: (USUAL_PX * percent) / 100 } });
  try {
    for (const percent of PERCENTS) {
      await setText(percent);
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe(
        `${(USUAL_PX * percent) / 100}px`,
      );
      for (const width of PHONES) {
        await page.setViewportSize({ width, height: 800 });
        expect(await look(), `${where}, ${percent} %, ${width} px wide`).toEqual([]);
      }
    }
  } finally {
    // The window is the next test's as well.
    await setText(100);
    await browser.detach();
  }
}

for (const language of ["en", "de", "fr", "ar", "ja"])
  test(`with larger text nothing leaves its box or the window of a phone (${language})`, async ({ page }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await registerOnPage(page, newPerson());
    await tellStates(page, RETRYING);
    await speak(page, language);
    for (const path of ["/", "/register", "/sign-in", "/confirm"]) {
      await page.goto(path);
      if (path === "/register") await page.locator('button[type="submit"]').first().click();
      if (path === "/confirm") await expect(currentStep(page)).toHaveAttribute("data-tone", "waiting");
      await expectNothing(page, path, () => listOverflow(page));
    }
  });

test("with larger text nothing on the page of an account that is signed in twice leaves its box, and lines hold words", async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const person = await newAccount();
  await signInAs(person, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0");
  await signInOnPage(page, person);
  await page.waitForURL("**/account");
  for (const language of ["en", "de", "ar"]) {
    await speak(page, language);
    await page.goto("/account");
    for (const summary of await page.locator("summary").all()) await summary.click();
    await expectNothing(page, language, async () => [
      ...(await listOverflow(page)),
      ...(await listNarrow(page)),
    ]);
  }
});

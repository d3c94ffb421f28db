// Pages with a larger text set in the browser itself, as people with weak eyes do (WCAG 2.2, 1.4.4 and 1.4.10): every
// length in rem grows with it, and the phone does not.
import { type Browser, expect, type Page, test } from "@playwright/test";
import { LAUNCH_ARGS } from "@/cli/product/browser.mjs";
import { newAccount, signInAs } from "../support/accounts";
import { makeConfirmation } from "../support/confirmations";
import { currentStep, registerOnPage, signInOnPage, speak } from "../support/pages";
import { newPerson } from "../support/people";
import { tellStates } from "../support/told-states";

const USUAL_PX = 16;

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

/** An account that is signed in twice, with all that is on its page open. */
async function expectAccountFits(browser: Browser, baseURL: string, percent: number): Promise<void> {
  const person = await newAccount();
  await signInAs(person, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0");
  const page = await browser.newPage({ baseURL, reducedMotion: "reduce" });
  await signInOnPage(page, person);
  await page.waitForURL("**/account");
  for (const language of ["en", "de", "ar"]) {
    await speak(page, language);
    await page.goto("/account");
    for (const summary of await page.locator("summary").all()) await summary.click();
    for (const width of [320, 390]) {
      await page.setViewportSize({ width, height: 800 });
      const where = `/account in ${language}, ${width} px wide`;
      expect(await listOverflow(page), where).toEqual([]);
      // Words and not letters under each other: a line holds a third of the window at least.
      const narrow = await page
        .locator("main li p, main dd")
        .evaluateAll((texts) =>
          texts
            .filter((text) => text.getBoundingClientRect().width < window.innerWidth / 3)
            .map((text) => text.textContent),
        );
      expect(narrow, `${where}, ${percent} %`).toEqual([]);
    }
  }
  await page.close();
}

for (const percent of [125, 150, 200])
  test(`with text at ${percent} % nothing leaves its box or the window of a phone`, async ({
    playwright,
    launchOptions,
    baseURL,
  }) => {
    const px = (USUAL_PX * percent) / 100;
    const browser: Browser = await playwright.chromium.launch({
      ...launchOptions,
      args: [...LAUNCH_ARGS, `--blink-settings=defaultFontSize=${px}`],
    });
    try {
      const page = await browser.newPage({ ...(baseURL ? { baseURL } : {}), reducedMotion: "reduce" });
      await registerOnPage(page, newPerson());
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe(`${px}px`);
      await tellStates(page, RETRYING);
      for (const language of ["en", "de", "fr", "ar", "ja"]) {
        await speak(page, language);
        for (const path of ["/", "/register", "/sign-in", "/confirm"]) {
          await page.goto(path);
          if (path === "/register") await page.locator('button[type="submit"]').first().click();
          if (path === "/confirm") await expect(currentStep(page)).toHaveAttribute("data-tone", "waiting");
          for (const width of [320, 390]) {
            await page.setViewportSize({ width, height: 800 });
            expect(await listOverflow(page), `${path} in ${language}, ${width} px wide`).toEqual([]);
          }
        }
      }
      await expectAccountFits(browser, baseURL ?? "", percent);
    } finally {
      await browser.close();
    }
  });

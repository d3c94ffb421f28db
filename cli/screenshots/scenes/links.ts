// What a mail's links lead to.
import type { BrowserContext, Page } from "@playwright/test";
import type { Stage } from "../stage";
import { openAccount } from "./account";
import type { Scene } from "./scene";

type Opened = {
  page: Page;
  /** Where they registered. */
  home: Page;
};

/** Opens what a mail's link leads to: in `browser`, or in one without a history. */
async function openLink(
  stage: Stage,
  who: string,
  place: "confirm/link" | "not-me",
  browser?: BrowserContext,
): Promise<Opened> {
  const { page: home, readMail, at } = await stage.register(who);
  const link = new RegExp(`https?://\\S+/${place}#\\S+`).exec((await readMail()).text)?.[0];
  if (!link) throw new Error(`The mail has no link to ${place}`);
  // The mail is read elsewhere than where somebody registered.
  const page = browser ? await browser.newPage() : await stage.newPage();
  await stage.setClock(page, at, 60);
  await page.goto(link);
  await page.waitForSelector("main button");
  return { page, home };
}

/** Confirmed by the link, on a device that nobody registered on: the page leads to signing in by what this answers. */
export async function confirmByLink(stage: Stage, who: string, browser?: BrowserContext) {
  const { page, home } = await openLink(stage, who, "confirm/link", browser);
  await page.locator("main button").click();
  const signIn = page.locator('main a[href="/sign-in?other"]');
  await signIn.waitFor();
  return { page, home, signIn };
}

export const LINK_SCENES: readonly Scene[] = [
  {
    name: "link",
    title: "The mail's link: it asks before it confirms",
    isMirrored: true,
    play: async (stage) => (await openLink(stage, "donna", "confirm/link")).page,
  },
  {
    name: "link-confirmed",
    title: "The mail's link: confirmed on another device",
    play: async (stage) => (await confirmByLink(stage, "elizabeth")).page,
  },
  {
    name: "sign-in-confirmed",
    title: "Signing in, after confirming on another device",
    async play(stage) {
      const { page, signIn } = await confirmByLink(stage, "ruth");
      await signIn.click();
      await page.waitForURL("**/sign-in?other");
      return page;
    },
  },
  {
    name: "sign-in-other",
    title: "Signing in, after confirming on a device that is signed in to another account",
    isMirrored: true,
    async play(stage) {
      const account = await openAccount(stage, "emmy");
      const { page, signIn } = await confirmByLink(stage, "sofia", account.context());
      await signIn.click();
      await page.waitForURL("**/sign-in?other");
      return page;
    },
  },
  {
    name: "link-dead",
    title: "A link that does not work",
    async play(stage) {
      const page = await stage.newPage();
      await page.goto("/confirm/link#a-link-of-nobody-at-all-0123456789");
      await page.waitForSelector("main a");
      return page;
    },
  },
  {
    name: "not-me",
    title: "“This wasn’t me”: it says what it would end",
    play: async (stage) => (await openLink(stage, "fran", "not-me")).page,
  },
  {
    name: "not-me-done",
    title: "“This wasn’t me”: ended, and how to take it back",
    async play(stage) {
      const { page } = await openLink(stage, "gladys", "not-me");
      const answered = page.waitForResponse("**/not-me");
      await page.locator("main button").click();
      await answered;
      await page.waitForTimeout(300);
      return page;
    },
  },
];

// What a mail's links lead to.
import type { Page } from "@playwright/test";
import type { Stage } from "../stage";
import type { Scene } from "./scene";

/** Opens what a mail's link leads to. */
async function openLink(stage: Stage, who: string, place: "confirm/link" | "not-me"): Promise<Page> {
  const { readMail, at } = await stage.register(who);
  const link = new RegExp(`https?://\\S+/${place}#\\S+`).exec((await readMail()).text)?.[0];
  if (!link) throw new Error(`The mail has no link to ${place}`);
  // The mail is read elsewhere than where somebody registered.
  const page = await stage.newPage();
  await stage.setClock(page, at, 60);
  await page.goto(link);
  await page.waitForSelector("main button");
  return page;
}

/** Confirmed by the link, on a device that nobody registered on: the page leads to signing in by what this answers. */
async function confirmByLink(stage: Stage, who: string) {
  const page = await openLink(stage, who, "confirm/link");
  await page.locator("main button").click();
  const signIn = page.locator('main a[href="/sign-in?other"]');
  await signIn.waitFor();
  return { page, signIn };
}

export const LINK_SCENES: readonly Scene[] = [
  {
    name: "link",
    title: "The mail's link: it asks before it confirms",
    isMirrored: true,
    play: (stage) => openLink(stage, "donna", "confirm/link"),
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
    play: (stage) => openLink(stage, "fran", "not-me"),
  },
  {
    name: "not-me-done",
    title: "“This wasn’t me”: ended, and how to take it back",
    async play(stage) {
      const page = await openLink(stage, "gladys", "not-me");
      const answered = page.waitForResponse("**/not-me");
      await page.locator("main button").click();
      await answered;
      await page.waitForTimeout(300);
      return page;
    },
  },
];

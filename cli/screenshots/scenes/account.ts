// The account, and the page for a product that cannot answer.
import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "@playwright/test";
import { VISITORS_PASSWORD as PASSWORD } from "../../product/chromium";
import type { Stage } from "../stage";
import { confirm, fill, type Scene, submit } from "./scene";

export async function openAccount(stage: Stage, who: string): Promise<Page> {
  const registered = await stage.register(who);
  const { page, at } = registered;
  await confirm(stage, registered);
  // Somebody who is also signed in elsewhere.
  const phone = await stage.newPage();
  const signedIn = await phone.request.post("/api/v1/usr/token", {
    headers: { "user-agent": PHONE },
    data: { login: stage.usernameOf(who), password: PASSWORD },
  });
  if (!signedIn.ok()) throw new Error(`Signing in failed: ${signedIn.status()}`);
  await stage.setClock(page, at, 60);
  await page.goto("/account", { waitUntil: "networkidle" });
  return page;
}

const PHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
const DOWN_MS = 15_000;

export const ACCOUNT_SCENES: readonly Scene[] = [
  {
    name: "account",
    isKey: true,
    title: "The account",
    isMirrored: true,
    play: (stage) => openAccount(stage, "barbara"),
  },
  {
    name: "account-password",
    title: "The account: a new password, and how hard it is to guess",
    async play(stage) {
      const page = await openAccount(stage, "adele");
      await page.locator("#password summary").click();
      await page.locator('[name="new_password"]').click();
      await page.waitForLoadState("networkidle");
      await fill(page, { current_password: PASSWORD, new_password: "a longer sentence with words" });
      return page;
    },
  },
  {
    name: "account-password-changed",
    title: "The account: the password is changed, and nobody is signed in elsewhere",
    async play(stage) {
      const page = await openAccount(stage, "marie");
      await page.locator("#password summary").click();
      await fill(page, { current_password: PASSWORD, new_password: "a longer sentence with words" });
      await submit(page, "new_password");
      await page.waitForSelector("h1 ~ [role=status]");
      return page;
    },
  },
  {
    name: "account-delete",
    title: "The account: deleting it, with the wrong password",
    async play(stage) {
      const page = await openAccount(stage, "betty");
      await page.locator("#delete summary").click();
      await page.locator("#delete [name=password]").fill("not my password");
      await submit(page, "password");
      await page.waitForSelector("#delete [aria-invalid], #delete [role=alert]");
      return page;
    },
  },
  {
    name: "account-deleted",
    title: "The account is deleted: the front page says so, once",
    async play(stage) {
      const page = await openAccount(stage, "jeannette");
      await page.locator("#delete summary").click();
      await page.locator("#delete [name=password]").fill(PASSWORD);
      await submit(page, "password");
      await page.waitForURL(`${stage.product.url}/`);
      return page;
    },
  },
  {
    name: "account-other",
    title: "Another account than the page was about: nothing was deleted",
    isMirrored: true,
    async play(stage) {
      const other = await openAccount(stage, "katherine");
      const page = await openAccount(stage, "dorothy");
      await page.locator("#delete summary").click();
      await page.locator("#delete [name=password]").fill(PASSWORD);
      // What another tab would have done: signed out, and in as somebody else.
      await page.context().clearCookies();
      await page.context().addCookies(await other.context().cookies());
      await submit(page, "password");
      await page.waitForSelector("h1 ~ div [role=alert]");
      return page;
    },
  },
  {
    name: "sign-in-nothing-done",
    title: "The session had ended before the account’s page was used: nothing was deleted",
    async play(stage) {
      const page = await openAccount(stage, "lise");
      await page.locator("#delete summary").click();
      await page.locator("#delete [name=password]").fill(PASSWORD);
      // What signing out in another tab would have done.
      await page.context().clearCookies();
      await submit(page, "password");
      await page.waitForURL("**/sign-in");
      return page;
    },
  },
  {
    name: "unavailable",
    title: "503: the database is away",
    async play(stage) {
      const { page } = await stage.register("carol");
      await takeDatabaseAway(stage, page);
      await page.goto("/confirm");
      return page;
    },
    after: async ({ product }) => product.postgres.part.settled(),
  },
  {
    name: "not-signed-out",
    title: "Signing out while the database is away",
    isMirrored: true,
    async play(stage) {
      const page = await openAccount(stage, "annie");
      await takeDatabaseAway(stage, page);
      await page.locator('form[action^="/sign-out"] button').click();
      await page.waitForURL(`${stage.product.url}/sign-out`);
      return page;
    },
    after: async ({ product }) => product.postgres.part.settled(),
  },
];

/** Until the product has seen that it is gone. */
async function takeDatabaseAway(stage: Stage, page: Page): Promise<void> {
  const back = stage.product.postgres.part.killAndRestart(DOWN_MS);
  back.catch(() => {});
  for (const deadline = Date.now() + DOWN_MS; Date.now() < deadline; await delay(200)) {
    const answer = await page.request.get(`${stage.product.url}/confirm`);
    if (answer.status() === 503) return;
  }
  throw new Error("The page answers without its database");
}

// The confirm page, after something was done to its registration, or to its browser's session, somewhere else.
import { registerVisitor, VISITORS_PASSWORD } from "../../product/chromium";
import { arrive } from "./confirm";
import { confirmByLink } from "./links";
import { confirm, fill, type Scene, submit } from "./scene";

/** So that what the other registration's mail went through is no time to come. */
const LATER_SECONDS = 45;

export const ELSEWHERE_SCENES: readonly Scene[] = [
  {
    name: "confirmed",
    title: "Confirmed in another tab: this one moves on",
    async play(stage) {
      const registered = await arrive(stage, "sophie");
      const { page } = registered;
      // The page goes on after a moment; the picture is of that moment.
      await page.route("**/confirmation/continue", () => {});
      const told = page.waitForFunction(() => document.documentElement.dataset.confirmed === "true");
      await confirm(stage, registered);
      await told;
      return page;
    },
  },
  {
    name: "confirmed-elsewhere",
    title: "Confirmed on another device: this one may go on",
    isMirrored: true,
    async play(stage) {
      const { home } = await confirmByLink(stage, "mileva");
      await home.goto("/confirm");
      await home.waitForSelector('form[action$="/confirmation/continue"]');
      return home;
    },
  },
  {
    // The claim is ended on the other device of whoever reads the mail.
    name: "confirm-ended",
    title: "The registration has ended: “This wasn’t me” somewhere else",
    async play(stage) {
      const { page, readMail } = await arrive(stage, "sister");
      const link = /\/not-me#(\S+)/.exec((await readMail()).text)?.[1];
      const ended = await page.request.post("/api/v1/usr/not-me", { data: { link } });
      if (!ended.ok()) throw new Error(`The registration was not ended: ${ended.status()}`);
      await page.waitForSelector('h1[tabindex="-1"]');
      return page;
    },
  },
  {
    name: "other-registration",
    title: "Another registration was begun in another tab: the page shows that one, and says so",
    isMirrored: true,
    async play(stage) {
      const { page } = await arrive(stage, "emilie", LATER_SECONDS);
      const username = stage.usernameOf("caroline");
      await registerVisitor(page, username, `${username}@example.com`, stage.product.url);
      await page.evaluate(() => dispatchEvent(new Event("online")));
      await page.waitForSelector("h1 ~ div [role=alert]");
      // From now on the page is told of that one.
      await page.waitForSelector('html[data-status="delivered"]');
      return page;
    },
  },
  {
    // The other account is confirmed in another browser, and signs in beside the page.
    name: "other-account",
    title: "Signed in to another account in another tab",
    isMirrored: true,
    async play(stage) {
      await confirm(stage, await stage.register("edith"));
      const { page } = await arrive(stage, "hypatia");
      const tab = await page.context().newPage();
      await tab.goto("/sign-in");
      await fill(tab, { login: stage.usernameOf("edith"), password: VISITORS_PASSWORD });
      await submit(tab, "password");
      await tab.waitForURL("**/account");
      await tab.close();
      await page.evaluate(() => dispatchEvent(new Event("online")));
      await page.waitForSelector('main a[href="/account"]');
      return page;
    },
  },
];

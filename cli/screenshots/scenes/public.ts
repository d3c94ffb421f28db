// Pages that people meet before they have an account, or when something is not there.
import type { Page } from "@playwright/test";
import { VISITORS_PASSWORD as PASSWORD } from "../../product/chromium";
import type { Stage } from "../stage";
import { fill, type Scene, submit } from "./scene";

async function open(stage: Stage, path: string): Promise<Page> {
  const page = await stage.newPage();
  await page.goto(path, { waitUntil: "networkidle" });
  return page;
}

const UNKNOWN_STATE =
  'event: confirmation\ndata: {"confirmed":false,"server_time":"2026-11-24T10:00:00.000Z"}\n\n';

export const PUBLIC_SCENES: readonly Scene[] = [
  {
    name: "landing",
    isKey: true,
    title: "The front page, with the demo of the timeline",
    isMirrored: true,
    async play(stage) {
      const page = await stage.newPage();
      await stage.setClock(page, null, 0);
      await page.goto("/", { waitUntil: "networkidle" });
      // To the first retry: reduced motion keeps it there.
      for (let step = 0; step < 2; step++) await page.locator("section button").nth(1).click();
      return page;
    },
  },
  { name: "register", isKey: true, title: "Registering", play: (stage) => open(stage, "/register") },
  {
    name: "register-errors",
    isKey: true,
    title: "Registering: what is wrong is said at each field",
    isMirrored: true,
    async play(stage) {
      const page = await open(stage, "/register");
      await fill(page, { username: "a!", email: "ada@", password: "short" });
      await submit(page, "username");
      return page;
    },
  },
  {
    name: "register-typo",
    title: "Registering: a slip in the address, and a way to mend it",
    async play(stage) {
      const page = await open(stage, "/register");
      await fill(page, { username: "ada", email: "ada@gmial.com", password: PASSWORD });
      await page.waitForSelector('p[id="field-password-note"] span[role="status"]', { state: "attached" });
      return page;
    },
  },
  {
    name: "register-taken",
    title: "Registering: the username is taken",
    async play(stage) {
      const { page: other } = await stage.register("anita");
      await other.close();
      const page = await open(stage, "/register");
      await fill(page, {
        username: stage.usernameOf("anita"),
        email: "grace@example.com",
        password: PASSWORD,
      });
      await submit(page, "username");
      await page.waitForSelector('[name="username"][aria-invalid]');
      return page;
    },
  },
  {
    name: "register-offline",
    title: "Registering: no connection",
    async play(stage) {
      const page = await open(stage, "/register");
      await fill(page, { username: "ada", email: "ada@example.com", password: PASSWORD });
      await page.context().setOffline(true);
      await submit(page, "username");
      await page.waitForSelector('[role="alert"]');
      return page;
    },
  },
  {
    name: "register-without-script",
    title: "Registering without JavaScript: what is wrong is said above",
    async play(stage) {
      const page = await stage.newPage({ javaScript: false });
      await page.goto("/register");
      await fill(page, { username: "a!", email: "ada@example.com", password: "12345678" });
      await submit(page, "username");
      await page.waitForSelector('a[href^="#field-"]');
      return page;
    },
  },
  { name: "sign-in", isKey: true, title: "Signing in", play: (stage) => open(stage, "/sign-in") },
  {
    name: "sign-in-refused",
    title: "Signing in: refused",
    async play(stage) {
      const page = await open(stage, "/sign-in");
      await fill(page, { login: "ada", password: "not my password" });
      await submit(page, "login");
      await page.waitForSelector('[role="alert"]');
      return page;
    },
  },
  {
    name: "nothing-to-confirm",
    title: "The confirm page of nobody",
    play: (stage) => open(stage, "/confirm"),
  },
  {
    name: "not-found",
    title: "A page that is not there",
    isMirrored: true,
    play: (stage) => open(stage, "/no-such-page"),
  },
  {
    name: "failure",
    title: "A page that cannot show what it was told",
    isMirrored: true,
    async play(stage) {
      const { page } = await stage.register("cornelia");
      // No page has words for this; a page that is older than the server may meet the like.
      await page.route("**/confirmation/events", (route) =>
        route.fulfill({ contentType: "text/event-stream", body: UNKNOWN_STATE }),
      );
      await page.goto("/confirm");
      await page.waitForSelector("main button:not([type=submit])");
      return page;
    },
  },
  {
    name: "api",
    title: "For developers: the API",
    isEnglish: true,
    play: (stage) => open(stage, "/docs/api"),
  },
];

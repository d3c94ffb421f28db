// Starts a browser, shows a page in it, and prints its version: `try-browser.mjs [file]`; without a file Playwright's
// own. A process of its own, so that one that hangs can be given up.
import { chromium } from "@playwright/test";
import { LAUNCH_ARGS } from "../../cli/product/browser.mjs";

const executablePath = process.argv[2];
const browser = await chromium.launch({
  args: LAUNCH_ARGS,
  timeout: 30_000,
  ...(executablePath ? { executablePath } : {}),
});
const page = await browser.newPage();
await page.setContent("<title>works</title>");
if ((await page.title()) !== "works") throw new Error("it shows no page");
console.log(browser.version());
await browser.close();

// A browser for commands that look at the product's pages: the one that the tests use.
import { type Browser, chromium, type Page } from "@playwright/test";
import { LAUNCH_ARGS, listBrowsers } from "./browser.mjs";

/** Starts it. Throws a sentence when there is none that works. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = listBrowsers()[0];
  try {
    return await chromium.launch({
      args: LAUNCH_ARGS,
      ...(executablePath ? { executablePath } : {}),
      // Whoever started it ends it, and has things to tidy up before.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    throw new Error(
      "No browser starts here. `npm test -- browser` finds or installs one; CHROMIUM_PATH names one.",
      { cause: error },
    );
  }
}

/** Lets functions of ours run in the page: what tsx puts around them, to keep their names, does not come along. */
export const allowOurFunctions = (page: Page) => page.addInitScript("globalThis.__name = (named) => named");

export const VISITORS_PASSWORD = "correct horse battery";

/** Registers as the form does, so that the page's browser has the session. Answers when that was, ISO 8601. */
export async function registerVisitor(
  page: Page,
  username: string,
  email: string,
  url: string,
): Promise<string> {
  const answer = await page.request.post(`${url}/api/v1/usr/register`, {
    headers: { origin: url },
    data: { username, email, password: VISITORS_PASSWORD },
  });
  if (answer.status() !== 201)
    throw new Error(`${email} could not register: ${answer.status()} ${await answer.text()}`);
  return ((await answer.json()) as { user_data: { created_at: string } }).user_data.created_at;
}

// The pages for operators. Their times are the run's own: the server writes them.
import type { Page } from "@playwright/test";
import type { Stage } from "../stage";
import type { Scene } from "./scene";

export async function signInOperator(stage: Stage): Promise<Page> {
  const page = await stage.newPage();
  await page.goto("/ops/sign-in");
  await page.locator('[name="password"]').fill(stage.product.opsPassword);
  await page.locator('form[action="/api/ops/sign-in"] button').click();
  await page.waitForURL("**/ops");
  return page;
}

const PATIENCE_MS = 20_000;

/** These pages show the state at which they were loaded. */
async function untilThere(page: Page, selector: string, hasText: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await page.waitForTimeout(300)) {
    if ((await page.locator(selector, { hasText }).count()) > 0) return;
    await page.reload();
  }
  throw new Error(`${page.url()} never showed "${hasText}"`);
}

export const OPERATOR_SCENES: readonly Scene[] = [
  {
    name: "ops-sign-in",
    title: "For operators: signing in",
    isEnglish: true,
    async play(stage) {
      const page = await stage.newPage();
      await page.goto("/ops/sign-in");
      return page;
    },
  },
  { name: "ops-now", title: "For operators: what is under way", isEnglish: true, play: signInOperator },
  {
    name: "ops-deliveries",
    title: "For operators: every delivery",
    isEnglish: true,
    async play(stage) {
      const page = await signInOperator(stage);
      await page.goto("/ops/deliveries");
      return page;
    },
  },
  {
    name: "ops-delivery",
    title: "For operators: one delivery, and what happened",
    isEnglish: true,
    async play(stage) {
      const page = await signInOperator(stage);
      await page.goto("/ops/deliveries?status=failed");
      await page.locator('main tbody a[href^="/ops/deliveries/"]').last().click();
      await page.waitForURL("**/ops/deliveries/*-*");
      return page;
    },
  },
  {
    name: "ops-audit",
    title: "For operators: what was done, and by whom",
    isEnglish: true,
    async play(stage) {
      const page = await signInOperator(stage);
      await page.goto("/ops/audit");
      return page;
    },
  },
  {
    name: "ops-audit-unread",
    title: "For operators: what of the filter could not be read is left out",
    isEnglish: true,
    async play(stage) {
      const page = await signInOperator(stage);
      await page.goto("/ops/audit?actor=somebody&user=ada");
      return page;
    },
  },
  {
    name: "ops-webhooks",
    title: "For operators: what others were told, while one of them is away",
    isEnglish: true,
    async play(stage) {
      stage.setReceiverAway(true);
      await stage.register("joyce");
      const page = await signInOperator(stage);
      await page.goto("/ops/webhooks");
      await untilThere(page, 'main li a[href^="/ops/webhooks/"]', "answered 503");
      return page;
    },
    after: async (stage) => stage.setReceiverAway(false),
  },
];

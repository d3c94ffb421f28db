// The pages for operators. Their times are the run's own: the server writes them.
import type { Page } from "@playwright/test";
import type { Stage } from "../stage";
import type { Scene } from "./scene";

async function signIn(stage: Stage): Promise<Page> {
  const page = await stage.newPage();
  await page.goto("/ops/sign-in");
  await page.locator('[name="password"]').fill(stage.product.opsPassword);
  await page.locator('form[action="/api/ops/sign-in"] button').click();
  await page.waitForURL("**/ops");
  return page;
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
  { name: "ops-now", title: "For operators: what is under way", isEnglish: true, play: signIn },
  {
    name: "ops-deliveries",
    title: "For operators: every delivery",
    isEnglish: true,
    async play(stage) {
      const page = await signIn(stage);
      await page.goto("/ops/deliveries");
      return page;
    },
  },
  {
    name: "ops-delivery",
    title: "For operators: one delivery, and what happened",
    isEnglish: true,
    async play(stage) {
      const page = await signIn(stage);
      await page.goto("/ops/deliveries?status=failed");
      await page.locator('main li a[href^="/ops/deliveries/"]').last().click();
      await page.waitForURL("**/ops/deliveries/*-*");
      return page;
    },
  },
];

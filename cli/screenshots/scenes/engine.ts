// The local engine's page, for developers. Its times are the run's own.
import type { Page } from "@playwright/test";
import type { Stage } from "../stage";
import type { Scene } from "./scene";

async function openRuns(stage: Stage): Promise<Page> {
  const page = await stage.newPage();
  await page.goto(`${stage.product.engine.url}/runs?q=user%2Fregistered`);
  return page;
}

export const ENGINE_SCENES: readonly Scene[] = [
  {
    name: "engine-run",
    title: "For developers: one run, whose step waits for its next attempt",
    isEnglish: true,
    async play(stage) {
      await stage.setFault("refuse");
      await stage.register("grace");
      const page = await openRuns(stage);
      await page.locator("#runs tbody a", { hasText: "Send confirmation email" }).first().click();
      await page.locator(".waterfall .ahead").waitFor({ state: "attached" });
      await page.locator(".waterfall summary", { hasText: "Retries" }).waitFor();
      return page;
    },
    after: (stage) => stage.setFault(null),
  },
  { name: "engine-runs", title: "For developers: runs", isEnglish: true, play: openRuns },
];

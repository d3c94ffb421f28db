// Pages against axe's rules for WCAG 2.2 AA. Not by @axe-core/playwright: it sends and parses axe twice for each look,
// and carries every result over, the passed ones too, which took as long as the looking.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";
import type axe from "axe-core";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES: axe.RunOnly = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] };
/** The only ones that see colours: all others would say the same of the dark page as of the light one. */
const COLOUR_RULES: axe.RunOnly = { type: "rule", values: ["color-contrast", "link-in-text-block"] };

/** One inside of another, each of which begins when the outer one ends. */
const MOST_FADES = 20;

/** Light by all rules, dark by those that see colours. `state` is named when there are any; `only`: parts of the page. */
export async function expectNoViolations(
  page: Page,
  { state = "", only = ["html"] }: { state?: string; only?: readonly string[] } = {},
): Promise<void> {
  const found = await findViolations(page, "light", RULES, only);
  found.push(...(await findViolations(page, "dark", COLOUR_RULES, only)));
  expect(found, state).toEqual([]);
}

async function findViolations(
  page: Page,
  colorScheme: "light" | "dark",
  rules: axe.RunOnly,
  only: readonly string[],
): Promise<string[]> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await endFades(page);
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(SOURCE);
  return page.evaluate(
    async ({ runOnly, include, scheme }) => {
      const { axe: looker } = window as unknown as { axe: typeof axe };
      // Frames are ours, and there are none. Elements cannot leave the page.
      const options: axe.RunOptions = {
        runOnly,
        resultTypes: ["violations"],
        iframes: false,
        elementRef: false,
      };
      const { violations } = await looker.run({ include }, options);
      return violations.map(
        ({ id, nodes }) => `${scheme}: ${id}: ${nodes.map(({ html }) => html).join(" | ")}`,
      );
    },
    { runOnly: rules, include: [...only], scheme: colorScheme },
  );
}

/**
 * Fades would be judged half-way. They are ended and not waited for: one whose element was hidden in the middle never
 * ends by itself. What was held back by the fade of what is around it begins its own then, so it takes some rounds.
 */
const endFades = (page: Page) =>
  page.evaluate((rounds) => {
    for (let round = 0; round < rounds; round++) {
      const fades = document
        .getAnimations()
        .filter(
          ({ playState, effect }) =>
            playState === "running" && effect?.getComputedTiming().endTime !== Infinity,
        );
      if (fades.length === 0) return;
      for (const fade of fades) fade.finish();
    }
    throw new Error("The page goes on fading");
  }, MOST_FADES);

// Pages against axe's rules for WCAG 2.2 AA.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** The only ones that see colours: all others would say the same of the dark page as of the light one. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** Ours take 240 ms at most. */
const LONGEST_FADE_MS = 2_000;

/** Without a second page to gather what frames of other origins say: ours have none, and it took two thirds. */
const axe = (page: Page) => new AxeBuilder({ page }).setLegacyMode();

/** Light by all rules, dark by those that see colours. `state` is named when there are any; `only`: parts of the page. */
export async function expectNoViolations(
  page: Page,
  { state = "", only = ["html"] }: { state?: string; only?: readonly string[] } = {},
): Promise<void> {
  const look = () => only.reduce((builder, part) => builder.include(part), axe(page));
  const found = await findViolations(page, "light", look().withTags(RULES));
  found.push(...(await findViolations(page, "dark", look().withRules(COLOUR_RULES))));
  expect(found, state).toEqual([]);
}

async function findViolations(
  page: Page,
  colorScheme: "light" | "dark",
  builder: AxeBuilder,
): Promise<string[]> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  // Fades would be judged half-way. One whose element was hidden in the middle never says that it has finished.
  await page.evaluate((longestMs) => {
    const finished = document.getAnimations().map((animation) => animation.finished.catch(() => null));
    return Promise.race([
      Promise.all(finished).then(() => null),
      new Promise<null>((resolve) => setTimeout(() => resolve(null), longestMs)),
    ]);
  }, LONGEST_FADE_MS);
  const { violations } = await builder.analyze();
  return violations.map(
    ({ id, nodes }) => `${colorScheme}: ${id}: ${nodes.map((node) => node.html).join(" | ")}`,
  );
}

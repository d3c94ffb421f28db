// Takes a picture of what a page shows, in each of the wanted looks.
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "@playwright/test";

export type Look = {
  name: string;
  width: number;
  height: number;
  /** Pixels of the picture for one of the page. */
  scale: number;
  scheme: "light" | "dark";
};

const PHONE = { width: 390, height: 844, scale: 1.5 };
const DESKTOP = { width: 1280, height: 800, scale: 1 };

export const LOOKS: readonly Look[] = [
  { name: "phone-light", ...PHONE, scheme: "light" },
  { name: "phone-dark", ...PHONE, scheme: "dark" },
  { name: "desktop-light", ...DESKTOP, scheme: "light" },
  { name: "desktop-dark", ...DESKTOP, scheme: "dark" },
];

/** One width, light and dark. */
export function looksOfWidth(width: number): Look[] {
  const size = { width, height: width < 700 ? 844 : 800, scale: 1 };
  return (["light", "dark"] as const).map((scheme) => ({ name: `${width}-${scheme}`, ...size, scheme }));
}

/** Of WebP: letters are still sharp, and the light behind the page does not weigh ten times the rest. */
const QUALITY = 60;
/** Of a whole page; of one that is a list, which goes on in the same way. */
const HEIGHT_MAX = 1_400;
const LIST_HEIGHT_MAX = 1_000;
/** For the page to take the new size and colours. */
const SETTLE_MS = 150;

/** A page whose scripts do not take over within this is shown as it is. */
const SCRIPTS_MS = 20_000;

/** Times are not seen until the reader's zone is known (components/local-time.tsx). */
async function waitForScripts(page: Page): Promise<void> {
  const isWaiting = () =>
    page.evaluate(
      () =>
        matchMedia("(scripting: enabled)").matches &&
        document.querySelector('time[data-zone="utc"]') !== null,
    );
  for (const end = Date.now() + SCRIPTS_MS; Date.now() < end && (await isWaiting()); ) await delay(50);
}

/** Takes the page as it is, in its length up to a limit, into `file`. Answers the file's bytes. */
export async function takePicture(page: Page, look: Look, file: string, isList: boolean): Promise<number> {
  await page.emulateMedia({ colorScheme: look.scheme, reducedMotion: "reduce" });
  // Not by Playwright's own screenshots, which know one scale for each page, and no WebP.
  const session = await page.context().newCDPSession(page);
  const { width, height, scale } = look;
  await session.send("Emulation.setDeviceMetricsOverride", {
    width,
    height,
    deviceScaleFactor: scale,
    mobile: false,
  });
  // Nothing in here may wait for the page: one without JavaScript never answers.
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) animation.finish();
    if (document.activeElement instanceof HTMLElement)
      document.activeElement.style.caretColor = "transparent";
    window.scrollTo(0, 0);
  });
  await waitForScripts(page);
  await delay(SETTLE_MS);
  const { cssContentSize } = await session.send("Page.getLayoutMetrics");
  const length = Math.min(Math.ceil(cssContentSize.height), isList ? LIST_HEIGHT_MAX : HEIGHT_MAX);
  const { data } = await session.send("Page.captureScreenshot", {
    format: "webp",
    quality: QUALITY,
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height: Math.max(height, length), scale: 1 },
  });
  await session.detach();
  const bytes = Buffer.from(data, "base64");
  writeFileSync(file, bytes);
  return bytes.length;
}

// One run: start the product, play the scenes one after another, take each one's pictures.
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Browser } from "@playwright/test";
import { DEFAULT_LANGUAGE, type Language } from "@/messages/languages";
import { launchChromium } from "../product/chromium";
import { type Product, withProduct } from "../product/product";
import { LOOKS, type Look, looksOfWidth, takePicture } from "./camera";
import { describeGallery, type Picture, type Result } from "./gallery";
import type { Options } from "./options";
import { type Receiver, startReceiver } from "./receiver";
import { makeScenes } from "./scenes/all";
import type { Scene } from "./scenes/scene";
import { createStage } from "./stage";

/** Nobody waits for a picture: mails are slow as told, and what waits does so until its scene is over. */
const SETTINGS = { EMAIL_TIMEOUT: "10", EMAIL_WATCHDOG_AFTER: "3600" };

const MIRRORED: Language = "ar";
/** A phone by day and a desktop by night show every size and colour: the repository need not hold more of each state. */
const KEPT_LOOKS = ["phone-light", "desktop-dark"];
const TRIES = 2;

type Shot = { scene: Scene; language: Language; looks: readonly Look[] };

/** Takes the pictures. Leaves no process behind; null when `signal` ended it. */
export async function takeScreenshots(
  root: string,
  options: Options,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Result | null> {
  const scenes = (await makeScenes()).filter((scene) => scene.name.includes(options.only ?? ""));
  const out = path.resolve(root, options.out);
  mkdirSync(out, { recursive: true });
  const receiver = await startReceiver();
  const settings = {
    ...SETTINGS,
    WEBHOOK_URLS: receiver.url,
    WEBHOOK_SECRET: `whsec_${randomBytes(32).toString("base64")}`,
  };
  const setup = { root, name: "screenshots-logs", transport: "resend" as const, settings };
  return withProduct(setup, say, async ({ product, keepLogs, onEnd }) => {
    onEnd(receiver.close);
    const browser = await launchChromium();
    try {
      const result: Result = { ok: true, pictures: [], missing: [] };
      for (const shot of plan(scenes, options)) {
        if (signal.aborted) return null;
        await take(shot, { browser, product, receiver, out, result });
        say(`${shot.scene.name}${shot.language === DEFAULT_LANGUAGE ? "" : ` (${shot.language})`}`);
      }
      result.ok = result.missing.length === 0;
      if (!result.ok) keepLogs();
      if (options.isWhole) tidy(out, result);
      return result;
    } finally {
      await browser.close();
    }
  });
}

function plan(scenes: readonly Scene[], { language, width, isAll }: Options): Shot[] {
  const looks = width === null ? LOOKS : looksOfWidth(width);
  const kept = looks.filter((look) => width !== null || isAll || KEPT_LOOKS.includes(look.name));
  if (language)
    return scenes.filter((scene) => !scene.isEnglish).map((scene) => ({ scene, language, looks: kept }));
  return scenes.flatMap((scene) => [
    { scene, language: DEFAULT_LANGUAGE, looks: scene.isKey ? looks : kept },
    ...(scene.isMirrored ? [{ scene, language: MIRRORED, looks: kept }] : []),
  ]);
}

async function take(
  { scene, language, looks }: Shot,
  around: { browser: Browser; product: Product; receiver: Receiver; out: string; result: Result },
): Promise<void> {
  const { browser, product, receiver, out, result } = around;
  for (let tries = 1; tries <= TRIES; tries++) {
    const stage = createStage({ browser, product, receiver, language, take: tries });
    try {
      const page = await scene.play(stage);
      // What was pressed last is not under the mouse for ever.
      await page.mouse.move(0, 0);
      const pictures: Picture[] = [];
      for (const look of looks) {
        const name = language === DEFAULT_LANGUAGE ? scene.name : `${scene.name}-${language}`;
        const file = `${name}.${look.name}.webp`;
        const bytes = await takePicture(page, look, path.join(out, file), scene.isEnglish ?? false);
        pictures.push({ scene: name, title: scene.title, language, look: look.name, file, bytes });
      }
      result.pictures.push(...pictures);
      return;
    } catch (error) {
      const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      if (tries === TRIES) result.missing.push({ scene: scene.name, language, why });
    } finally {
      await stage.clear();
      await scene.after?.(stage);
    }
  }
}

/** Pictures of scenes that are no more go, and the list is written anew. */
function tidy(out: string, result: Result): void {
  const files = new Set(result.pictures.map((picture) => picture.file));
  const missing = result.missing.map(({ scene }) => scene);
  for (const file of readdirSync(out))
    if (file.endsWith(".webp") && !files.has(file) && !missing.some((scene) => file.startsWith(scene)))
      rmSync(path.join(out, file));
  if (result.ok) writeFileSync(path.join(out, "README.md"), describeGallery(result.pictures));
}

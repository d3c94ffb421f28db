// The mails, as `npm run email` shows them with sample data.
import { createPreview } from "@/emails/preview";
import type { Scene } from "./scene";

/** One scene for each mail that the preview has. */
export async function makeMailScenes(): Promise<Scene[]> {
  const preview = createPreview();
  const shown = await (await preview.request("/confirmation")).text();
  const names = new Set([...shown.matchAll(/href="\/([\w-]+)\?/g)].flatMap((match) => match[1] ?? []));
  return [...names]
    .filter((name) => !name.endsWith("-right-to-left"))
    .map((name) => ({
      name: `mail-${name}`,
      title: `Mail: ${name.replaceAll("-", " ")}`,
      isMirrored: true,
      async play(stage) {
        const page = await stage.newPage();
        const html = await (await preview.request(`/${name}/html?language=${stage.language}`)).text();
        // As it is sent: the preview decides the colour scheme by hand, a picture's browser has one.
        await page.setContent(asSent(html));
        return page;
      },
    }));
}

const asSent = (html: string) =>
  html
    .replaceAll("@media not all", "@media (prefers-color-scheme: dark)")
    .replaceAll("color-scheme: light;", "color-scheme: light dark;");

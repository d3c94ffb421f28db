// What a run tells in the end, and the page that shows its pictures. Pure.
import { DEFAULT_LANGUAGE, type Language, NATIVE_NAMES } from "@/messages/languages";

export type Picture = {
  /** The scene's name, with the language where it is not English. */
  scene: string;
  title: string;
  language: Language;
  look: string;
  file: string;
  bytes: number;
};

export type Result = {
  ok: boolean;
  pictures: Picture[];
  /** Scenes that could not be reached, and why. */
  missing: { scene: string; language: Language; why: string }[];
};

export function formatResult({ pictures, missing }: Result): string {
  const bytes = pictures.reduce((sum, picture) => sum + picture.bytes, 0);
  return [
    `  ${pictures.length} pictures of ${new Set(pictures.map(({ scene }) => scene)).size} states, ${(bytes / 1e6).toFixed(2)} MB`,
    ...missing.map(({ scene, language, why }) => `  not reached: ${scene} (${language}): ${why}`),
  ].join("\n");
}

/** Markdown: each state with its pictures. */
export function describeGallery(pictures: readonly Picture[]): string {
  const scenes = [...new Set(pictures.map(({ scene }) => scene))];
  const sections = scenes.map((scene) => {
    const own = pictures.filter((picture) => picture.scene === scene);
    const [first] = own;
    if (!first) return "";
    const language = first.language === DEFAULT_LANGUAGE ? "" : ` (${NATIVE_NAMES[first.language]})`;
    const shown = own.map(
      ({ file, look }) => `<img src="${file}" alt="${first.title}: ${look.replace("-", ", ")}" height="420">`,
    );
    return `## ${first.title}${language}\n\n${shown.join(" ")}\n`;
  });
  return `# What people see\n\nMade by \`npm run screenshots\` from the built product: each state on a phone by day and on a desktop by night, some in all four looks and from right to left. \`npm run screenshots -- --all\` takes the rest.\n\n${sections.join("\n")}`;
}

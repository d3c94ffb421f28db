// The stand-ins' pages and the app's look like one product, and neither can import from the other.
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../../..");
/** Custom properties of the first `:root` and of the one for the dark, by name. */
function colours(file: string): { light: Record<string, string>; dark: Record<string, string> } {
  const text = readFileSync(path.join(root, file), "utf8");
  const [light = "", dark = ""] = [...text.matchAll(/:root\s*\{([^}]*)\}/g)].map(([, block]) => block ?? "");
  return { light: properties(light), dark: properties(dark) };
}

const properties = (block: string): Record<string, string> =>
  Object.fromEntries([...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]));

/** What the stand-ins call otherwise. */
const NAMES: Record<string, string> = { muted: "fg-muted" };
const FONTS = ["sans", "mono"];

test("the stand-ins' pages have the app's colours, in the light and in the dark", () => {
  const [app, local] = [colours("app/globals.css"), colours("local/pages/assets/base.css")];
  for (const theme of ["light", "dark"] as const) {
    const own = Object.entries(local[theme]).filter(([name]) => !FONTS.includes(name));
    expect(own.length, theme).toBeGreaterThan(15);
    for (const [name, value] of own)
      expect(value, `${theme}: --${name}`).toBe(app[theme][NAMES[name] ?? name]);
  }
});

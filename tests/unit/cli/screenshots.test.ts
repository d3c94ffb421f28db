import { describe, expect, test } from "vitest";
import { describeGallery, formatResult, type Picture } from "@/cli/screenshots/gallery";
import { OUT, readOptions } from "@/cli/screenshots/options";
import { makeScenes } from "@/cli/screenshots/scenes/all";

const picture = (own: Partial<Picture> = {}): Picture => ({
  scene: "queued",
  title: "Queued",
  language: "en",
  look: "phone-light",
  file: "queued.phone-light.webp",
  bytes: 20_000,
  ...own,
});

describe("where pictures go", () => {
  test("a whole run writes the documentation's, and a part of one never takes their place", () => {
    expect(readOptions([])).toMatchObject({ out: OUT, isWhole: true });
    for (const part of [["--only", "queued"], ["--language", "de"], ["--width", "320"], ["--all"]])
      expect(readOptions(part).out, part.join(" ")).toBe(".latchkey/screenshots");
    expect(readOptions(["--width", "320", "--out", "here"])).toMatchObject({ out: "here", isWhole: false });
  });

  test("what makes no sense is a sentence", () => {
    expect(() => readOptions(["--language", "xx"])).toThrow('There is no language "xx".');
    expect(() => readOptions(["--width", "200"])).toThrow("--width must be 320 or more.");
  });
});

test("each scene has a name of its own, which is part of a file's", async () => {
  const names = (await makeScenes()).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(names.filter((name) => name.startsWith("mail-")).length).toBeGreaterThan(2);
});

test("the list of pictures has each state once, with all of its pictures", () => {
  const gallery = describeGallery([
    picture(),
    picture({ look: "desktop-dark", file: "queued.desktop-dark.webp" }),
    picture({ scene: "queued-ar", language: "ar", file: "queued-ar.phone-light.webp" }),
  ]);
  expect(gallery.match(/^## .*/gm)).toEqual(["## Queued", "## Queued (العربية)"]);
  expect(gallery.match(/<img /g)).toHaveLength(3);
  expect(gallery).toContain('src="queued.desktop-dark.webp" alt="Queued: desktop, dark"');
});

test("a scene that was not reached is named with its reason", () => {
  const missing = [{ scene: "sent", language: "en" as const, why: "too late" }];
  expect(formatResult({ ok: false, pictures: [picture()], missing })).toBe(
    "  1 pictures of 1 states, 0.02 MB\n  not reached: sent (en): too late",
  );
});

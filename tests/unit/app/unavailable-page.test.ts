// The pages that are shown while the database is away, as they leave us.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { unavailablePage } from "@/app/_http/unavailable-page";

const textOf = (backTo: string) => unavailablePage({ language: "en", backTo }).text();

describe("the page in another one's place", () => {
  test("names where it goes on to, which without a script is no part of the page that stands there", async () => {
    const html = await textOf("/ops?status=failed&page=2");
    expect(html).toContain('content="5;url=/ops?status=failed&#38;page=2"');
    expect(html).toContain('<a href="/ops?status=failed&#38;page=2">try now</a>');
    expect(html).toContain('<script data-to="/ops?status=failed&#38;page=2">');
  });

  test("writes nothing of an address as anything but an address", async () => {
    const html = await textOf(`/a"><b>'&`);
    expect(html).not.toContain("<b>");
    expect(html.match(/\/a&#34;&#62;&#60;b&#62;&#39;&#38;"/g)).toHaveLength(3);
  });

  test("has the product's families, in each script", async () => {
    const oneLine = (text: string) => text.replace(/\s+/g, " ");
    const css = oneLine(readFileSync("app/globals.css", "utf8"));
    const page = oneLine(await textOf("/"));
    const families = /--font-sans: ([^;]+);/.exec(css)?.[1] ?? "none";
    expect(page).toContain(families);
    const scripts = [...css.matchAll(/--font-script: ("[^;]+);/g)].map(([, list]) => list);
    expect(scripts).toHaveLength(4);
    for (const list of scripts) expect(page).toContain(`--font-script: ${list} }`);
  });
});

// The pages that are shown while the database is away, as they leave us.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { notSignedOutPage, unavailablePage } from "@/app/_http/unavailable-page";
import { readMessages } from "@/messages/catalog";
import { LANGUAGES } from "@/messages/languages";

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

describe("the page for who is not signed out yet", () => {
  test.each(LANGUAGES)(
    "says so in %s, goes nowhere by itself, and sends the same form again",
    async (language) => {
      const answer = notSignedOutPage({ language, action: "/sign-out?then=sign-in" });
      const html = await answer.text();
      const texts = readMessages(language);
      expect(answer.status).toBe(503);
      expect(html).toContain(`<h1>${texts["notSignedOut.title"]}</h1>`);
      expect(html).toContain(String(texts["notSignedOut.text"]));
      expect(html).toContain('<form method="post" action="/sign-out?then=sign-in"><button type="submit">');
      expect(html).not.toMatch(/<script|http-equiv|<a /);
      expect(html).not.toContain(String(texts["unavailable.text"]));
    },
  );
});

import { describe, expect, test } from "vitest";
import { takeMailLink } from "@/components/mail-link";

function openPage(hash: string, stored = new Map<string, string>(), canStore = true) {
  const urls: string[] = [];
  const place = {
    location: { hash, pathname: "/confirm/link", search: "" },
    history: {
      state: null,
      replaceState: (_: unknown, __: string, url?: string | URL | null) => void urls.push(String(url)),
    },
    sessionStorage: {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => {
        if (!canStore) throw new Error("storage is off");
        stored.set(key, value);
      },
    },
  };
  return { link: takeMailLink(place), urls, stored };
}

describe("the link of a mail", () => {
  test("is taken out of the address bar, and is still known after a reload of its page", () => {
    const opened = openPage("#abc_DEF-1");
    expect(opened).toMatchObject({ link: "abc_DEF-1", urls: ["/confirm/link"] });
    expect(openPage("", opened.stored)).toMatchObject({ link: "abc_DEF-1", urls: [] });
  });

  test("stays where it is when the browser stores nothing", () => {
    expect(openPage("#abc", new Map(), false)).toMatchObject({ link: "abc", urls: [] });
  });

  test("is null when there is none", () => {
    expect(openPage("").link).toBeNull();
    expect(openPage("#").link).toBeNull();
  });
});

// Which browser the tests use.
import { expect, it } from "vitest";
import { listBrowsers } from "@/cli/product/browser.mjs";

const here = (...files: string[]) =>
  listBrowsers({ PATH: "/opt/bin" }, "linux", (file) => files.includes(file));

it("a browser without windows comes before one with them, whatever folder each is in", () => {
  expect(here("/opt/bin/google-chrome", "/usr/bin/chromium", "/usr/bin/chromium-headless-shell")).toEqual([
    "/usr/bin/chromium-headless-shell",
    "/usr/bin/chromium",
    "/opt/bin/google-chrome",
  ]);
});

it("CHROMIUM_PATH is the only one when it is set; empty, it leaves the choice to Playwright's own", () => {
  const only = (file: string) => listBrowsers({ PATH: "", CHROMIUM_PATH: file }, "linux", () => true);
  expect(only("/opt/my-chrome")).toEqual(["/opt/my-chrome"]);
  expect(only("")).toEqual([]);
});

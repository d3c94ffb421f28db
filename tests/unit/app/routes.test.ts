import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { HANDLERS, routeOf } from "@/app/_http/routes";
import { FUZZ_TARGETS } from "@/tests/support/fuzz-targets";

const APP = path.resolve(import.meta.dirname, "../../../app");

/** Every address that app/ answers, as Next reads its folders: groups in brackets are no part of an address. */
const addresses = readdirSync(APP, { recursive: true, encoding: "utf8" })
  .filter((file) => /(^|[\\/])(page\.tsx|route\.ts)$/.test(file))
  .map((file) =>
    path
      .dirname(file)
      .split(path.sep)
      .filter((part) => part !== "." && !/^\(.*\)$/.test(part)),
  )
  .map((parts) => `/${parts.join("/")}`);

test("what takes forms outside of /api is told from pages; add a new one to HANDLERS in app/_http/routes.ts", () => {
  const handlers = readdirSync(APP, { recursive: true, encoding: "utf8" })
    .filter((file) => path.basename(file) === "route.ts" && !file.startsWith("api"))
    .map((file) => `/${path.dirname(file).split(path.sep).join("/")}`);
  expect(new Set(handlers)).toEqual(HANDLERS);
});

test("none is left out of the noise; add a new one to tests/support/fuzz-targets.ts", () => {
  const shotAt = new Set(FUZZ_TARGETS.map(({ path }) => routeOf(path)));
  expect(addresses.filter((address) => !shotAt.has(address))).toEqual([]);
});

describe("the routes that metrics tell apart", () => {
  test("are all that app/ has; add a new one to app/_http/routes.ts", () => {
    expect(addresses.length).toBeGreaterThan(30);
    const unknown = addresses.filter((address) => {
      const visited = address.replace(/\[\.\.\.\w+\]/, "a/b").replace(/\[\w+\]/, "1");
      return routeOf(visited) !== address;
    });
    expect(unknown).toEqual([]);
  });

  test("leave out what follows a question mark, and cannot be multiplied by strangers", () => {
    expect(routeOf("/register?_rsc=1")).toBe("/register");
    expect(routeOf("/api/v1/usr/register#x?y")).toBe("/api/v1/usr/register");
    expect(routeOf("/ops/deliveries/6f1d7a3e?x=1")).toBe("/ops/deliveries/[id]");
    expect(routeOf("/api/v1/usr/none-such")).toBe("/api/[...path]");
    for (const target of [
      "",
      "*",
      "//",
      "/wp-login.php",
      "/register/",
      "http://example.com/register",
      "/REGISTER",
    ])
      expect(routeOf(target)).toBe("other");
  });
});

import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { DIRECT_ROUTES } from "@/app/_http/direct-calls";

const API = path.resolve(import.meta.dirname, "../../../app/api");

/** Pages' forms of operators, what is read once, and next-auth's own, which is Next's to answer. */
const BY_NEXT = /^\/api\/(auth|ops)\/|^\/api\/openapi\.json$|\[/;

const addresses = readdirSync(API, { recursive: true, encoding: "utf8" })
  .filter((file) => path.basename(file) === "route.ts")
  .map((file) => `/api/${path.dirname(file).split(path.sep).join("/")}`);

test("calls of people, engines, providers and monitors do not take the way through Next's router; add a new one to app/_http/direct-calls.ts", () => {
  expect(new Set(DIRECT_ROUTES.keys())).toEqual(
    new Set(addresses.filter((address) => !BY_NEXT.test(address))),
  );
});

test("every one of them answers every method, so that none is refused without a word", () => {
  for (const [address, route] of DIRECT_ROUTES)
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
      expect(route[method], `${method} ${address}`).toBeInstanceOf(Function);
});

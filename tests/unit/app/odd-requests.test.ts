import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTarget as readAnyTarget, readMethod } from "@/app/_http/odd-requests";

const readTarget = (target: string, method = "GET") => readAnyTarget(target, method);

describe("a request that Next cannot read", () => {
  test.each(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])("%s stays what it is", (method) => {
    expect(readMethod(method)).toBe(method);
  });

  test.each(["TRACE", "PROPFIND", "QUERY", "SEARCH"])("%s is one that nothing here takes", (method) => {
    expect(readMethod(method)).toBe("PATCH");
  });

  test.each([
    ["*", "/"],
    ["/ops/deliveries/%E0%A4%A?a=%zz", "/ops/deliveries/%25E0%25A4%25A?a=%zz"],
    ["/%", "/%25"],
    ["/register%#%", "/register%25#%"],
    ["/api/%41%C3%A9?q=%", "/api/%41%C3%A9?q=%"],
    ["/register?next=%2F", "/register?next=%2F"],
  ])("%s is read as %s", (target, read) => {
    expect(readTarget(target)).toBe(read);
  });

  test("what would change a file of the build is asked of a page, which says what it takes", () => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
      for (const file of [
        "/_next/static/chunks/a.js",
        "/_next/static/",
        "/_next/static",
        "/_next/image?url=x",
      ])
        expect(readTarget(file, method)).toBe("/_next");
    // No page has a picture made smaller by Next.
    expect(readTarget("/_next/image?url=x")).toBe("/_next");
    for (const method of ["GET", "HEAD"])
      expect(readTarget("/_next/static/chunks/a.js", method)).toBe("/_next/static/chunks/a.js");
    expect(readTarget("/_next/./static/chunks/a.js", "POST")).toBe("/_next");
    for (const page of ["/", "/_next/staticfoo", "/register?_next/static/", "/a/_next/static/b"])
      expect(readTarget(page, "POST")).toBe(page);
  });

  test.each([
    ["/_next/./image?url=/x", "/_next"],
    ["/x/../_next/image?url=/x", "/_next"],
    ["/_next/%2e/image", "/_next"],
    ["/_next\\image", "/_next"],
    ["/_next/static/../image", "/_next"],
    ["/_next/../api/v1/usr/register?a=/../b", "/api/v1/usr/register?a=/../b"],
    ["/a/%2E%2e/_next/static/b.js", "/_next/static/b.js"],
    ["/../../register", "/register"],
    ["/a/..", "/"],
    ["/a/./%/b", "/a/%25/b"],
    ["//evil.example/../x", "//x"],
    ["/..%2fregister", "/..%2fregister"],
    ["/.env", "/.env"],
    ["/a/...", "/a/..."],
    ["/register?next=/./", "/register?next=/./"],
  ])("%s is judged as %s, where it leads", (target, read) => {
    expect(readTarget(target)).toBe(read);
  });

  test("whatever is asked for has a path that can be decoded, and what could be stays as it is", () => {
    const piece = fc.oneof(
      fc.constantFrom("%", "%4", "%C3", "%C3%A9", "/", "/", "?", "#", "a", ".", "..", "%2e", "\\"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const target = `/${pieces.join("")}`;
        const [path = ""] = readTarget(target).split(/[?#]/);
        expect(() => decodeURIComponent(path)).not.toThrow();
        expect(path).not.toMatch(/\\|\/(\.|%2e){1,2}(\/|$)/i);
        expect(readTarget(readTarget(target))).toBe(readTarget(target));
      }),
    );
  });
});

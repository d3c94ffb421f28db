import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMethod, readTarget } from "@/app/_http/odd-requests";

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

  test("whatever is asked for has a path that can be decoded, and what could be stays as it is", () => {
    const piece = fc.oneof(fc.constantFrom("%", "%4", "%C3", "%C3%A9", "/", "?", "#", "a"), fc.string());
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const target = `/${pieces.join("")}`;
        const [path = ""] = readTarget(target).split(/[?#]/);
        expect(() => decodeURIComponent(path)).not.toThrow();
        expect(readTarget(readTarget(target))).toBe(readTarget(target));
      }),
    );
  });
});

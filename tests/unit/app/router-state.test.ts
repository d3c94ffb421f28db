import fc from "fast-check";
import { parseAndValidateFlightRouterState as readByNext } from "next/dist/server/app-render/parse-and-validate-flight-router-state";
import { describe, expect, test } from "vitest";
import { isRouterState } from "@/app/_http/router-state";

const asHeader = (state: unknown) => encodeURIComponent(JSON.stringify(state));
const PAGE = [
  "",
  { children: ["(auth)", { children: ["register", { children: ["__PAGE__", {}, null, null] }] }] },
];

/** Trees, and trees with something in them that does not belong there. */
const { tree } = fc.letrec<{ tree: unknown; odd: unknown }>((tie) => ({
  odd: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, "", "refetch", "x", 1, {}, [], ["a"], ["a", "b"], { __proto__: null, a: 1 }),
    tie("tree"),
  ),
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(["", {}], ["__PAGE__", {}, null, null, 4], [["id", "7", "d", null], {}]),
    fc.tuple(fc.string(), fc.dictionary(fc.string(), tie("tree"), { maxKeys: 2 })),
    fc
      .tuple(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.string(), fc.string(), fc.constantFrom("c", "di(.)", "e"), tie("odd")),
          tie("odd"),
        ),
        fc.dictionary(fc.constantFrom("children", "modal", "__proto__"), tie("odd"), { maxKeys: 2 }),
        fc.array(tie("odd"), { maxLength: 5 }),
      )
      .map(([segment, children, more]) => [segment, children, ...more]),
  ),
}));

describe("what Next's router says of its page", () => {
  test("is left as it is where it came from a page of ours", () => {
    expect(isRouterState(asHeader(PAGE))).toBe(true);
    expect(isRouterState(asHeader(["", { children: ["ops", {}, ["/ops", "/ops"], "refetch", 16] }]))).toBe(
      true,
    );
    expect(isRouterState(asHeader([["id", "7", "di(..)(..)", ["new"]], {}, null, null, 0, "x"]))).toBe(true);
  });

  test.each([
    "",
    "x",
    "[",
    "%",
    "null",
    "{}",
    "[]",
    '["",{"children":["a"]}]',
    '["",{}], ["",{}]',
    '["",[]]',
  ])("%s is nothing that it says", (header) => {
    expect(isRouterState(header)).toBe(false);
  });

  test("is read by Next without an error whenever it is left, however deep and wherever it came from", () => {
    let left = 0;
    fc.assert(
      fc.property(tree, (state) => {
        const header = asHeader(state);
        if (!isRouterState(header)) return;
        left += 1;
        expect(() => readByNext(header)).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
    expect(left).toBeGreaterThan(500);
    const deep = (levels: number): unknown =>
      levels === 0 ? ["", {}] : ["", { children: deep(levels - 1) }];
    expect(isRouterState(asHeader(deep(15)))).toBe(true);
    expect(isRouterState(asHeader(deep(700)))).toBe(false);
  });
});

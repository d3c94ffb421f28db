// Whose a profile's time is.
import { expect, test } from "vitest";
import { addShares, type CallFrame, ownerOfFile, shareOut, WATCHING } from "@/cli/bench/profile-shares";

const frame = (functionName: string, url = ""): CallFrame => ({
  functionName,
  url,
  lineNumber: 0,
  columnNumber: 0,
});

const PROFILE = {
  nodes: [
    { id: 1, callFrame: frame("(root)"), children: [2, 3, 6, 7, 8] },
    { id: 2, callFrame: frame("(idle)") },
    { id: 3, callFrame: frame("query", "/p/node_modules/postgres/index.js"), children: [4] },
    { id: 4, callFrame: frame("write", "node:net"), children: [5] },
    { id: 5, callFrame: frame("writev") },
    { id: 6, callFrame: frame("(garbage collector)") },
    { id: 7, callFrame: frame("processTicksAndRejections", "node:internal") },
    { id: 8, callFrame: frame("watch", "/watching") },
  ],
  samples: [2, 3, 5, 5, 6, 7, 8],
  timeDeltas: [1000, 10, 20, 30, 40, 50, 60],
};

const ownerOf = ({ url }: CallFrame) =>
  url === "/watching" ? WATCHING : url.startsWith("/") ? ownerOfFile(url, []) : null;

test("what Node does is on whoever asked for it, and neither waiting nor watching counts", () => {
  expect(Object.fromEntries(shareOut(PROFILE, ownerOf))).toEqual({
    postgres: 60,
    "collecting garbage": 40,
    "Node itself": 50,
  });
});

test("a file belongs to its innermost package, else to its room, else to nobody", () => {
  const rooms = ["domain", "app"];
  expect(ownerOfFile("node_modules/inngest/helpers/net.js", rooms)).toBe("inngest");
  expect(ownerOfFile("node_modules/inngest/node_modules/zod/v3/types.js", rooms)).toBe("zod");
  expect(ownerOfFile("/p/node_modules/@hono/node-server/dist/index.mjs", rooms)).toBe("@hono/node-server");
  expect(ownerOfFile("/p/domain/app.ts", rooms)).toBe("ours: domain/");
  expect(ownerOfFile("somewhere/else.ts", rooms)).toBeNull();
});

test("the shares of two processes are one", () => {
  const sum = addShares([
    new Map([["zod", 1]]),
    new Map([
      ["zod", 2],
      ["jose", 4],
    ]),
  ]);
  expect(Object.fromEntries(sum)).toEqual({ zod: 3, jose: 4 });
});

import { expect, test } from "vitest";
import { judgeForgetting } from "@/inngest/forget";

test("an engine that was told to forget has done so, has no such call, or did not answer well: never taken for one another", () => {
  const data = { events: 3, runs: 2 };
  expect(judgeForgetting(200, { data })).toEqual({ kind: "forgotten", ...data });
  // Inngest's servers; the Dev Server answers with its page.
  for (const [status, body] of [
    [404, { error: "not found" }],
    [405, null],
    [200, null],
    [200, { data: {} }],
  ] as const)
    expect(judgeForgetting(status, body)).toEqual({ kind: "cannot" });
  for (const status of [400, 401, 429, 500, 503])
    expect(judgeForgetting(status, null)).toEqual({ kind: "silent", why: `it answered ${status}` });
});

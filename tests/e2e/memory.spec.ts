// What an app process must not carry around; how much it holds is measured by `npm run bench -- soak`.
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { readRunning } from "../support/running";

test("a process that serves a build has not loaded the compiler that made it", () => {
  test.skip(process.platform !== "linux", "what a process has loaded is read from /proc");
  const loaded = readFileSync(`/proc/${readRunning().app.pid}/maps`, "utf8");
  expect(loaded).toContain("argon2");
  expect(loaded).not.toContain("next-swc");
});

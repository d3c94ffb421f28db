import { defineConfig } from "@playwright/test";
import { LAUNCH_ARGS, listBrowsers } from "./cli/product/browser.mjs";

const executablePath = listBrowsers()[0];

const STARTS_ITS_OWN = [
  "database-away",
  "fuzz",
  "limits",
  "outages",
  "proof-of-work",
  "retries",
  "sending",
  "sync-mode",
  "telling-others",
  "traces",
  "two-processes",
].map((name) => `**/${name}.spec.ts`);

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-results",
  globalSetup: "./tests/support/product.ts",
  // For two cores, by which a run of 280 tests is a fifth shorter than with two workers: some always wait.
  workers: 3,
  fullyParallel: true,
  // A test that passes at the second try has found something.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    ...(process.env.E2E_BASE_URL ? { baseURL: process.env.E2E_BASE_URL } : {}),
    // A new window costs this browser more than the page in it: each worker keeps one, emptied between tests.
    reuseContext: true,
    // Recording takes a tenth of the machine. `npx playwright test --trace on` shows what a test did.
    trace: "off",
    screenshot: "only-on-failure",
    // Without a browser on this machine, Playwright's own.
    launchOptions: { args: LAUNCH_ARGS, ...(executablePath ? { executablePath } : {}) },
  },
  projects: [
    { name: "chromium", testIgnore: STARTS_ITS_OWN, use: { browserName: "chromium" } },
    // Products of their own, with engines and clocks of their own. After the others: what they break and move has
    // limits of time, which a machine that is busy with pages does not keep.
    {
      name: "own-products",
      testMatch: STARTS_ITS_OWN,
      use: { browserName: "chromium" },
      dependencies: ["chromium"],
      workers: 2,
    },
  ],
});

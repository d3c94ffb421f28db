import path from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));
const alias = {
  "@": root,
  // Next's own mark; it throws outside of a server build, and there is no such package.
  "server-only": path.join(root, "tests/support/server-only.ts"),
};

/** These replace a module, or load one under an environment of their own: each of these files has its own modules. */
export const REPLACES_MODULES = [
  "app/answers",
  "app/contract",
  "app/direct-calls",
  "domain/acceptance",
  "domain/superseded",
  "inngest/forget",
  "inngest/keep-up",
  "inngest/late-engine",
  "inngest/publish",
  "inngest/relay",
  "inngest/watchdog",
].map((name) => `tests/integration/${name}.test.ts`);

const integration = {
  globalSetup: ["tests/support/postgres-setup.ts"],
  // The tests of a file share a pool: what one has put in its place is taken away again.
  restoreMocks: true,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // One second, its own, is short on a machine with much else to do.
  expect: { poll: { timeout: 15_000 } },
  // Each process has databases of its own. One more than cores: some always wait.
  maxWorkers: 3,
};

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: "unit",
          include: ["tests/unit/**/*.test.{ts,tsx}"],
          setupFiles: ["tests/support/property.ts"],
          // Loading the modules anew for each file took three quarters of the time. So a unit test replaces no module
          // (tests/unit/architecture.test.ts), and what it stubs is put back.
          isolate: false,
          unstubGlobals: true,
          unstubEnvs: true,
          restoreMocks: true,
          // For a machine with much else to do; most take milliseconds.
          testTimeout: 20_000,
        },
      },
      {
        resolve: { alias },
        test: {
          ...integration,
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          exclude: REPLACES_MODULES,
          // Loading the modules anew for each file took half of the time.
          isolate: false,
        },
      },
      {
        resolve: { alias },
        test: { ...integration, name: "integration-isolated", include: REPLACES_MODULES },
      },
    ],
  },
});

// Which browser tests, screenshots and measurements use. Plain JavaScript: tests/run.mjs needs it as well as playwright.config.ts.
import { accessSync, constants } from "node:fs";
import path from "node:path";

/** No network of its own, and no sandbox: it only ever opens our own pages, and root has none. */
export const LAUNCH_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

// Chromium without the parts that draw windows comes first: it opens a page in half the time.
const NAMES = [
  "chromium-headless-shell",
  "chrome-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "chrome",
  "microsoft-edge",
];
const MAC_APPS = ["Google Chrome", "Chromium", "Microsoft Edge"];

/**
 * Files that may be a browser, best first: what CHROMIUM_PATH names and nothing else (empty: none, which means
 * Playwright's own), else the known names in PATH and in the usual folders. Whether one works shows only when it is
 * started.
 * @param {Record<string, string | undefined>} env
 * @param {NodeJS.Platform} platform
 * @param {(file: string) => boolean} isProgram
 * @returns {string[]}
 */
export function listBrowsers(env = process.env, platform = process.platform, isProgram = isExecutable) {
  const named = env.CHROMIUM_PATH ?? env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH;
  if (named !== undefined) return named === "" ? [] : [named];
  const folders = [...(env.PATH ?? "").split(path.delimiter), "/usr/bin", "/usr/local/bin"].filter(Boolean);
  const files = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  if (platform === "darwin")
    files.push(
      ...["/Applications", path.join(env.HOME ?? "/", "Applications")].flatMap((folder) =>
        MAC_APPS.map((app) => path.join(folder, `${app}.app`, "Contents/MacOS", app)),
      ),
    );
  if (platform === "win32")
    files.push(
      ...[env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA]
        .filter(Boolean)
        .flatMap((folder) => [
          path.join(folder ?? "", "Google/Chrome/Application/chrome.exe"),
          path.join(folder ?? "", "Microsoft/Edge/Application/msedge.exe"),
        ]),
    );
  return [...new Set(files)].filter(isProgram);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

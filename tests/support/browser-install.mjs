// Makes sure that there is a browser that works: one that is here, else Playwright's own, else the distribution's.
import { existsSync } from "node:fs";
import { listBrowsers } from "../../cli/product/browser.mjs";
import { run } from "./run-program.mjs";

const TRY_TIMEOUT_MS = 60_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;
const APT_TIMEOUT_MS = 600_000;
/** Debian has both, Ubuntu only the second. */
const PACKAGES = ["chromium-headless-shell", "chromium"];
const FONTS = ["fonts-liberation", "fonts-noto-color-emoji"];

const tryBrowser = (...file) =>
  run(process.execPath, ["tests/support/try-browser.mjs", ...file], { timeoutMs: TRY_TIMEOUT_MS });
const playwright = (...args) =>
  run(process.execPath, ["node_modules/@playwright/test/cli.js", ...args], {
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    env: { ...process.env, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: "15000" },
  });

/**
 * Sets CHROMIUM_PATH for what runs after it, empty for Playwright's own. Says what it does.
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function findOrInstallBrowser() {
  const said = [];
  if (await pickExisting(said)) return { ok: true, output: "" };
  if (process.env.CHROMIUM_PATH) return { ok: false, output: said.join("\n") };
  if (await pickPlaywrights(said)) return { ok: true, output: "" };
  if (await pickDistributions(said)) return { ok: true, output: "" };
  said.push("Install Chromium or Chrome, or set CHROMIUM_PATH to one, and run this again.");
  return { ok: false, output: said.join("\n") };
}

async function pickExisting(said) {
  for (const file of listBrowsers()) {
    const { ok, output } = await tryBrowser(file);
    if (ok) {
      process.env.CHROMIUM_PATH = file;
      console.log(`${file} (${output.trim()})`);
      return true;
    }
    said.push(`${file} does not work: ${firstLines(output)}`);
  }
  return false;
}

async function pickPlaywrights(said) {
  let tried = await tryBrowser();
  if (!tried.ok) {
    console.log("No browser found; downloading Playwright's own …");
    const downloaded = await playwright("install", "--only-shell", "chromium");
    if (!downloaded.ok) {
      said.push(`Playwright's own could not be downloaded: ${firstLines(downloaded.output)}`);
      return false;
    }
    tried = await tryBrowser();
  }
  if (!tried.ok && isRoot() && existsSync("/usr/bin/apt-get")) {
    console.log("It lacks libraries; installing them …");
    await playwright("install-deps", "chromium");
    tried = await tryBrowser();
  }
  if (!tried.ok) {
    said.push(`Playwright's own does not work: ${firstLines(tried.output)}`);
    return false;
  }
  process.env.CHROMIUM_PATH = "";
  console.log(`Playwright's own (${tried.output.trim()})`);
  return true;
}

async function pickDistributions(said) {
  if (!isRoot() || !existsSync("/usr/bin/apt-get")) {
    said.push("The distribution's package can be installed by root: apt-get install chromium");
    return false;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) => run("apt-get", args, { env, timeoutMs: APT_TIMEOUT_MS });
  await apt("update");
  for (const name of PACKAGES) {
    console.log(`Installing the distribution's package: apt-get install ${[name, ...FONTS].join(" ")} …`);
    const installed = await apt("install", "-y", "--no-install-recommends", name, ...FONTS);
    if (installed.ok && (await pickExisting(said))) return true;
    if (!installed.ok)
      said.push(
        `apt-get could not install ${name}: ${installed.output.trim().split("\n").slice(-5).join("\n")}`,
      );
  }
  return false;
}

const isRoot = () => process.getuid?.() === 0;
const firstLines = (text) => text.trim().split("\n").slice(0, 6).join("\n");

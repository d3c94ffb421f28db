// The local engine's page, for developers, in a real browser: live, and everything it does.
import { type Browser, expect, type Page, test } from "@playwright/test";
import { expectNoViolations } from "../support/axe";
import { newPerson, register } from "../support/people";
import { readRunning } from "../support/running";

const SENDING = "Send confirmation email";
const RELAY = "latchkey-relay-outbox";

const at = (path: string): string => `${readRunning().inngest.url}${path}`;

/** Marks the document: it is gone after a reload. */
async function mark(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => document.body.setAttribute("data-same", ""));
  return () => page.evaluate(() => document.body.hasAttribute("data-same"));
}

/** Sends an event that starts a run in an hour, and opens that run. */
async function openWaitingRun(page: Page): Promise<void> {
  const inAnHour = Date.now() + 60 * 60 * 1000;
  await page.goto(at("/events/send"));
  await page
    .getByLabel("Event", { exact: true })
    .fill(JSON.stringify({ name: "delivery/requested", data: { delivery_id: "none" }, ts: inAnHour }));
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForURL(/\/events\/[0-9A-Z]{26}$/);
  await page.getByRole("link", { name: SENDING }).click();
  await page.waitForURL(/\/runs\/[0-9A-Z]{26}$/);
}

/** The id of the run that sends a delivery's mail. */
async function findRun(page: Page, deliveryId: string): Promise<string> {
  const query = new URLSearchParams({ q: `event.data.deliveryId == "${deliveryId}"` });
  let found = "";
  await expect
    .poll(async () => {
      const list = await (await page.request.get(at(`/runs?${query}`))).text();
      found = /href="\/runs\/([0-9A-Z]{26})/.exec(list)?.[1] ?? "";
      return found;
    })
    .not.toBe("");
  return found;
}

test("runs come into the list by themselves, and one unfolds while it is looked at: what was opened stays open", async ({
  page,
}) => {
  await page.goto(at(`/runs?q=user/registered&within=5m`));
  const isSame = await mark(page);
  const { delivery } = await register(newPerson());
  // Others register at the same time, and the list has an end: this very run is meant.
  const mine = page
    .locator(`a[href^="/runs/${await findRun(page, delivery.id)}"]`)
    .filter({ hasText: SENDING });
  await expect(mine).toBeVisible();
  expect(await isSame()).toBe(true);

  await mine.click();
  const isStill = await mark(page);
  const steps = page.locator(".waterfall details");
  await steps.first().locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(steps.first()).toContainText("Slept");
  await expect(page.locator("#actions")).toContainText("Completed");
  expect(await isStill()).toBe(true);
  await expect(steps.first()).toHaveAttribute("open");
  await expect(steps.first().locator("summary")).toBeFocused();
  const last = steps.last();
  await last.locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(last.getByRole("heading", { name: "Output" })).toBeVisible();
  await expect(last.locator("svg[role=img]")).toHaveAttribute("aria-label", /after the run was queued, for/);
  await expect(page.locator("#trigger-payload pre")).toContainText("user/registered");
});

test("what waits is counted down, and ends when it is cancelled", async ({ page }) => {
  await openWaitingRun(page);
  const badge = page.locator("#actions [data-until]");
  const shown = await badge.textContent();
  expect(shown).toMatch(/^in (1 h|59 min)/);
  await expect(badge).not.toHaveText(shown ?? "");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.locator("#actions")).toContainText("Cancelled");
  await expect(page.getByRole("button", { name: "Cancel" })).toHaveCount(0);
});

test("an event with a slip is refused beside what was typed, and sent when it is mended", async ({
  page,
}) => {
  await page.goto(at("/events"));
  await page.getByRole("link", { name: "Send event" }).click();
  const field = page.getByLabel("Event", { exact: true });
  await field.fill('{ "name": "e2e/hello", "data": { }');
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("alert")).toContainText("This is not JSON.");
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expectNoViolations(page, { state: "a refused event" });
  await field.fill(`${await field.inputValue()}}`);
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("heading", { name: "e2e/hello" })).toBeVisible();
  await expect(page.getByText("no function has a trigger that it matches")).toBeVisible();
});

test("a function is invoked and its run goes again", async ({ page }) => {
  await page.goto(at("/functions"));
  await page.locator(`#function-${RELAY}`).click();
  await expect(page.locator("#facts")).toContainText("next ");
  await page.getByLabel("Payload").fill('{ "data": { "by": "hand" } }');
  await page.getByRole("button", { name: "Invoke" }).click();
  await page.waitForURL(/\/runs\/[0-9A-Z]{26}$/);
  const first = page.url();
  await expect(page.locator("#trigger-payload pre")).toContainText('"by": "hand"');
  await expect(page.locator("#actions")).toContainText("Completed");
  await page.getByRole("button", { name: "Rerun", exact: true }).click();
  await page.waitForURL((url) => url.href !== first && url.pathname.startsWith("/runs/"));
  await expect(page.locator("#facts")).toContainText("Again of");
  await expect(page.locator("#actions")).toContainText("Completed");
});

test("the app is synced again by a button, and says when that was", async ({ page }) => {
  await page.goto(at("/app"));
  const asked = page.locator("#app dd").last().locator("xpath=preceding-sibling::dd[1]/time");
  const before = (await asked.getAttribute("datetime")) ?? "";
  await page.getByRole("button", { name: "Sync again" }).click();
  await expect(page.locator("#app")).toContainText("App connected");
  expect(((await asked.getAttribute("datetime")) ?? "") > before).toBe(true);
});

async function withoutScript(browser: Browser, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ javaScriptEnabled: false });
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

test("without JavaScript runs are filtered, opened, unfolded and cancelled all the same", async ({
  browser,
}) => {
  await withoutScript(browser, async (page) => {
    await openWaitingRun(page);
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    await page.goto(at("/runs"));
    await page.getByLabel("Running").check();
    await page.getByLabel("Run id, event id, event name, or an expression").fill(id);
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page.locator("#runs tbody tr")).toHaveCount(1);
    await page.getByRole("link", { name: SENDING }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.locator("#actions")).toContainText("Cancelled");
    await page.goto(at(`/runs?status=Running&q=${id}`));
    await expect(page.getByText("No run is like that.")).toBeVisible();
  });
});

test("every page of the engine fits a phone and has no violations, light and dark", async ({ page }) => {
  await register(newPerson());
  await page.goto(at("/runs?status=Completed&q=user/registered"));
  const runPath = (await page.locator("#runs a[id^=run-]").first().getAttribute("href")) ?? "";
  await page.goto(at("/events?q=user/registered"));
  const eventPath = (await page.locator("#events a[id^=event-]").first().getAttribute("href")) ?? "";
  const paths = ["/", "/runs", "/runs?q=nothing", runPath, "/events", eventPath, "/events/send"];
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of [...paths, "/functions", `/functions/${RELAY}`, "/app", "/runs/none"]) {
    await page.goto(at(path));
    await page.evaluate(() => {
      for (const detail of document.querySelectorAll("details")) detail.open = true;
    });
    expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 390]);
    await expectNoViolations(page, { state: path });
  }
});

// The operators' pages, in a browser that runs no script: sign-in, what is under way, one mail's story, sending anew.
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { countMails } from "../support/mailbox";
import { callApi, newPerson, register } from "../support/people";
import { readRunning } from "../support/running";

test.use({ javaScriptEnabled: false });

function operatorPassword(): string {
  const folder = process.env.LATCHKEY_DIR ?? ".latchkey/e2e";
  const file = path.resolve(import.meta.dirname, "../..", folder, "secrets.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { opsPassword: string }).opsPassword;
}

async function signIn(page: Page, password = operatorPassword()): Promise<void> {
  await page.goto("/ops/sign-in");
  await page.getByLabel("Operator’s password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Waits until the mail stands so, by reloading its page. */
async function waitForState(page: Page, id: string, state: string): Promise<void> {
  await expect
    .poll(async () => {
      await page.goto(`/ops/deliveries/${id}`);
      return page.locator("main").innerText();
    })
    .toContain(state);
}

test("every page asks for the operator's password, and no other password opens it", async ({ page }) => {
  for (const wanted of ["/ops", "/ops/deliveries", "/ops/deliveries/6f1d7a3e-0000-4000-8000-000000000000"]) {
    await page.goto(wanted);
    await page.waitForURL("**/ops/sign-in");
  }
  await signIn(page, `${operatorPassword()}x`);
  await page.waitForURL("**/ops/sign-in");
  await expect(page.getByText("This is not the operator’s password.")).toBeVisible();
  expect((await page.context().cookies()).filter(({ name }) => name.endsWith("operator"))).toEqual([]);
});

test("the right password opens them, until the operator signs out, also for whoever kept the cookie", async ({
  page,
}) => {
  await signIn(page);
  await page.waitForURL("**/ops");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Now");
  // They are English: there is nothing to choose.
  await expect(page.getByRole("combobox", { name: "Language" })).toHaveCount(0);
  const cookies = await page.context().cookies();
  const cookie = cookies.find(({ name }) => name.endsWith("operator"));
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/ops/sign-in");
  await page.context().addCookies(cookies);
  await page.goto("/ops");
  await page.waitForURL("**/ops/sign-in");
});

test("a mail is found by its address, which stands masked on the page and in the page’s own address", async ({
  page,
}) => {
  const person = newPerson("bounce");
  const { delivery } = await register(person);
  await signIn(page);
  await page.waitForURL("**/ops");
  await waitForState(page, delivery.id, "Attempt 1");
  await page.goto("/ops/deliveries");
  await page.getByLabel("Address").fill(person.email);
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL("**/ops/deliveries?**");
  expect(decodeURIComponent(page.url())).not.toContain(person.email);
  await expect(page.locator(`a[href="/ops/deliveries/${delivery.id}"]`)).toBeVisible();
  expect(await page.content()).not.toContain(person.username);
});

test("a mail that waits is called off, and on another press a new one is tried in its place, once", async ({
  page,
}) => {
  const person = newPerson("retry1");
  const { delivery, access_token: token } = await register(person);
  await signIn(page);
  await page.waitForURL("**/ops");
  await waitForState(page, delivery.id, "Retrying");
  await page.getByRole("button", { name: "Call it off" }).click();
  await page.waitForURL("**/*done=cancelled");
  await expect(page.getByText("An operator called it off.")).toBeVisible();
  const told = await callApi("/api/v1/usr/confirmation", {
    token,
    headers: { "accept-language": "de" },
  });
  expect(await told.json()).toMatchObject({
    delivery: {
      status: "cancelled",
      reason: {
        code: "called_off",
        message: "Wir haben diese E-Mail selbst zurückgezogen, bevor sie hinausging.",
      },
    },
  });
  await page.getByRole("button", { name: "Send a new mail in its place" }).click();
  await page.waitForURL("**/*done=replayed");
  const newId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  expect(newId).not.toBe(delivery.id);
  await expect(page.getByText(`Queued by an operator, in the place of ${delivery.id}.`)).toBeVisible();
  await page.goto(`/ops/deliveries/${delivery.id}`);
  await expect(page.getByText("Another mail has taken the place of this one.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Send a new mail in its place" })).toHaveCount(0);
  // The provider is busy for the first try of each mail of this address: the next one is a minute away.
  await waitForState(page, newId, "Attempt 1 failed");
  expect(await countMails(person.email)).toBe(0);
});

test("nobody acts without the cookie, and no other site makes an operator act", async ({ page }) => {
  const { delivery } = await register(newPerson());
  await signIn(page);
  await page.waitForURL("**/ops");
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const { origin } = new URL(readRunning().app.url);
  const press = (headers: Record<string, string>) =>
    callApi("/api/ops/cancel", {
      body: `delivery=${delivery.id}`,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  for (const headers of [
    { origin },
    { cookie },
    { cookie, origin: "https://elsewhere.example" },
    { cookie, origin, "sec-fetch-site": "same-site" },
  ]) {
    const answer = await press(headers as Record<string, string>);
    expect(answer.headers.get("location")).toBe("/ops/sign-in");
  }
  const said = await page.goto(`/ops/deliveries/${delivery.id}`);
  expect(said?.status()).toBe(200);
  await expect(page.getByText("An operator called it off.")).toHaveCount(0);
});

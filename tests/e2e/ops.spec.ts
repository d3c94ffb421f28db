// The operators' pages, in a browser that runs no script: sign-in, what is under way, one mail's story, sending anew.
import { execFile } from "node:child_process";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { countMails } from "../support/mailbox";
import { operatorPassword, signInOperator as signIn } from "../support/operator";
import { callApi, newPerson, register } from "../support/people";
import { readRunning } from "../support/running";

test.use({ javaScriptEnabled: false });

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
  for (const wanted of [
    "/ops",
    "/ops/deliveries",
    "/ops/deliveries/6f1d7a3e-0000-4000-8000-000000000000",
    "/ops/ask?act=replay-failed",
    "/ops/audit",
  ]) {
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
  await expect(page.getByText("these mails need not be one person’s")).toBeVisible();
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
  await page.getByRole("link", { name: "Call it off …" }).click();
  await page.waitForURL("**/ops/ask?**");
  // Asked, and not done yet.
  await page.getByRole("link", { name: "No, go back" }).click();
  await waitForState(page, delivery.id, "Retrying");
  await page.getByRole("link", { name: "Call it off …" }).click();
  await page.getByRole("button", { name: "Call 1 mail off" }).click();
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
  await page.getByRole("link", { name: "Send a new mail in its place …" }).click();
  await page.getByRole("button", { name: "Send 1 new mail" }).click();
  await page.waitForURL("**/*done=replayed");
  const newId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  expect(newId).not.toBe(delivery.id);
  await expect(page.getByText(`Queued by an operator, in the place of ${delivery.id}.`)).toBeVisible();
  await page.goto(`/ops/deliveries/${delivery.id}`);
  await expect(page.getByText("Another mail has taken the place of this one.")).toBeVisible();
  await expect(page.getByRole("link", { name: "Send a new mail in its place …" })).toHaveCount(0);
  // The provider is busy for the first try of each mail of this address: the next one is a minute away.
  await waitForState(page, newId, "Attempt 1 failed");
  expect(await countMails(person.email)).toBe(0);
});

test("ticked mails are called off and sent anew together, those that cannot be are left out, and all of it is in the audit trail", async ({
  page,
}) => {
  const domain = `d${Date.now().toString(36)}.example`;
  const made = await Promise.all(
    ["one+retry3", "two+retry3", "three+refuse"].map((name) =>
      register({ ...newPerson(), email: `${name}@${domain}` }),
    ),
  );
  const [one, two, three] = made.map(({ delivery }) => delivery.id);
  await signIn(page);
  await page.waitForURL("**/ops");
  await waitForState(page, one ?? "", "Retrying");
  await waitForState(page, two ?? "", "Retrying");
  await waitForState(page, three ?? "", "Failed");
  await page.goto(`/ops/deliveries?to=@${domain}`);
  await expect(page.getByRole("row")).toHaveCount(4);
  await page.getByRole("link", { name: "Tick all of this page" }).click();
  await page.getByRole("button", { name: "Call the ticked off …" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Call 2 mails off?");
  await expect(page.getByRole("heading", { name: "One is left out" })).toBeVisible();
  await expect(page.getByText("This mail is not waiting any more.")).toHaveCount(1);
  await page.getByRole("button", { name: "Call 2 mails off" }).click();
  await expect(page.getByRole("status")).toHaveText("2 mails were called off.");
  // Back in the list that they were ticked in.
  await expect(page.getByRole("row")).toHaveCount(4);
  for (const id of [one, three]) await page.locator(`input[value="${id}"]`).check();
  await page.getByRole("button", { name: "Send the ticked anew …" }).click();
  await page.getByRole("button", { name: "Send 2 new mails" }).click();
  await expect(page.getByRole("status")).toHaveText("2 mails were queued anew.");
  await expect(page.getByRole("row")).toHaveCount(6);
  await page.getByRole("link", { name: "Audit trail" }).click();
  const trail = page.getByRole("main");
  await expect(trail).toContainText("An operator sent a mail anew");
  await expect(trail).toContainText("An operator called a mail off");
  await page.getByLabel("User").fill(made[0]?.user_data.id ?? "");
  await page.getByLabel("By").selectOption({ label: "an operator" });
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL("**/ops/audit?**user=**");
  await expect(trail.locator("li")).toHaveCount(2);
});

test("what of a filter cannot be read is said, and a provider's name is read in any case", async ({
  page,
}) => {
  await signIn(page);
  await page.goto("/ops/deliveries");
  await page.getByLabel("Address").fill("ada");
  await page.getByLabel("Provider").fill("'; --");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  const leftOut = page.getByText("Left out, because it could not be read: Provider, Address.");
  await expect(leftOut).toBeVisible();
  await page.getByLabel("Provider").fill("Resend");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page).toHaveURL(/provider=resend/);
  await expect(page.getByText("Left out")).toHaveCount(0);
  await page.goto("/ops/webhooks?status=bogus");
  await expect(page.getByText("Left out, because it could not be read: State.")).toBeVisible();
  await page.goto("/ops/webhooks?status=failed");
  await expect(page.getByText("Left out")).toHaveCount(0);
});

test("nothing is ticked, and nothing is done", async ({ page }) => {
  await register(newPerson());
  await signIn(page);
  await page.waitForURL("**/ops");
  await page.goto("/ops/deliveries");
  await page.getByRole("button", { name: "Call the ticked off …" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing was chosen");
});

test("the front page says how soon registrations were answered, and which processes live", async ({
  page,
}) => {
  await register(newPerson());
  await signIn(page);
  await page.waitForURL("**/ops");
  await expect
    .poll(async () => {
      await page.goto("/ops");
      return page.getByRole("img", { name: /\(p99\), Last hour, every 5 minutes: lowest/ }).count();
    })
    .toBe(1);
  await expect(page.getByText(/^(One server process|\d+ server processes), and what/)).toBeVisible();
  await page.getByText("The figures as a table").first().click();
  await expect(page.getByRole("region", { name: "Last hour" }).getByRole("row")).toHaveCount(13);
});

test("a terminal tells the same, and what the engine knows", async () => {
  const ops = (...args: string[]) =>
    new Promise<{ code: number; result: Record<string, unknown> }>((resolve) => {
      const root = path.resolve(import.meta.dirname, "../..");
      execFile(
        process.execPath,
        ["--import", "tsx", "cli/ops/main.ts", ...args, "--json"],
        {
          cwd: root,
          env: {
            ...process.env,
            LATCHKEY_DIR: process.env.LATCHKEY_DIR ?? ".latchkey/e2e",
            DATABASE_URL: readRunning().postgres.url,
          },
        },
        (error, out, err) =>
          resolve({ code: error ? Number(error.code) : 0, result: JSON.parse(out || err) }),
      );
    });
  const { code, result } = await ops("registered");
  expect(code, JSON.stringify(result)).toBe(0);
  expect(result.functions).toContainEqual({
    id: "send-confirmation-email",
    triggers: expect.arrayContaining(["user/registered"]),
    retries: expect.any(Number),
    isKnown: true,
  });
  // Nothing waits that a server process would not have taken at once.
  expect([0, 3]).toContain((await ops("relay")).code);
  const stats = await ops("stats");
  expect(stats).toMatchObject({ code: 0, result: { success: { "1h": { span: "1h" } } } });
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

// The account's page with JavaScript; sessions.spec.ts walks it without.
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { newAccount, signInAs } from "../support/accounts";
import { callApi, newPerson, type Person, register } from "../support/people";

async function openAccount(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Username or email address").fill(person.username);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/account");
  // Until its scripts run a form goes out as it does without them.
  await page.waitForLoadState("networkidle");
}

/** What the page sends when `act` is done, and how it is answered. */
async function heard(page: Page, call: string, act: () => Promise<void>) {
  const [response] = await Promise.all([
    page.waitForResponse((answer) => new URL(answer.url()).pathname === call),
    act(),
  ]);
  return { type: response.request().headers()["content-type"], status: response.status() };
}

test("the account is deleted with its password, and the page goes where nobody is signed in", async ({
  page,
}) => {
  const person = await newAccount();
  await openAccount(page, person);
  await page.getByText("Delete account").click();
  const remove = (password: string) =>
    heard(page, "/api/v1/usr/delete-account", async () => {
      await page.locator("#delete").getByLabel("Current password").fill(password);
      await page.getByRole("button", { name: "Delete my account" }).click();
    });
  expect(await remove("wrong password")).toEqual({ type: "application/json", status: 422 });
  await expect(page.getByText("This is not your current password.").first()).toBeVisible();
  expect(await remove(person.password)).toEqual({ type: "application/json", status: 204 });
  await page.waitForURL((url) => url.pathname === "/");
  const body = { login: person.username, password: person.password };
  expect((await callApi("/api/v1/usr/token", { body })).status).toBe(401);
});

test("a session elsewhere is ended, and the list says so", async ({ page }) => {
  const person = await newAccount();
  const { access_token: token } = await signInAs(person, "curl/8.5.0");
  await openAccount(page, person);
  await page.getByRole("button", { name: "Sign out curl" }).click();
  await expect(page.getByText("Signed out there.")).toBeVisible();
  expect((await callApi("/api/v1/usr/me", { token })).status).toBe(401);
});

test("signing out without a network leaves the page where it is and says that nobody was, and works afterwards", async ({
  page,
  context,
}) => {
  const person = await newAccount();
  const { access_token: elsewhere } = await signInAs(person, "curl/8.5.0");
  for (const device of ["Wget/1.21", "HTTPie/3.2", "okhttp/4.12"]) await signInAs(person, device);
  await page.setViewportSize({ width: 360, height: 740 });
  await openAccount(page, person);
  const note = page.getByText("nobody was signed out");
  for (const name of ["Sign out", "Sign out curl", "Sign out everywhere else"]) {
    const button = page.getByRole("button", { name, exact: true });
    // At the window's lower end, where a note below it is out of sight.
    if (name !== "Sign out") await button.evaluate((pressed) => pressed.scrollIntoView({ block: "end" }));
    await context.setOffline(true);
    try {
      await button.click();
      await expect(note, name).toHaveCount(1);
      await expect(note, name).toBeInViewport({ ratio: 1 });
    } finally {
      await context.setOffline(false);
    }
    await expect(note, name).toHaveCount(0);
    expect(new URL(page.url()).pathname).toBe("/account");
  }
  expect((await callApi("/api/v1/usr/me", { token: elsewhere })).status).toBe(200);
  await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(page.getByText("Signed out everywhere else.")).toBeVisible();
  expect((await callApi("/api/v1/usr/me", { token: elsewhere })).status).toBe(401);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL((url) => url.pathname !== "/account");
});

test("a tab with the account of somebody who has signed out since is left when it is looked at, and by what is done in it", async ({
  page,
  context,
}) => {
  const person = await newAccount();
  await openAccount(page, person);
  const others = [await context.newPage(), await context.newPage()] as const;
  for (const other of others) {
    await other.goto("/account");
    await other.waitForLoadState("networkidle");
  }
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL((url) => url.pathname === "/");

  const [looked, acted] = others;
  // A headless browser shows every tab at once: this is what it tells a page that comes to the front.
  await looked.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await looked.waitForURL("**/sign-in");

  await acted.getByText("Delete account").click();
  await acted.locator("#delete").getByLabel("Current password").fill(person.password);
  await acted.getByRole("button", { name: "Delete my account" }).click();
  await acted.waitForURL("**/sign-in");
  await expect(acted.getByText("Your session had ended, so nothing was changed this time.")).toBeVisible();
  await acted.reload();
  await expect(acted.getByText("Your session had ended")).toHaveCount(0);
  const body = { login: person.username, password: person.password };
  expect((await callApi("/api/v1/usr/token", { body })).status).toBe(200);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("what is done on an account's page after its session has ended is not done, and said not to be", async ({
    page,
    context,
  }) => {
    const person = await newAccount();
    await openAccount(page, person);
    await page.locator("#delete summary").click();
    const tab = await context.newPage();
    await tab.goto("/account");
    await tab.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.locator("#delete").getByLabel("Current password").fill(person.password);
    await page.getByRole("button", { name: "Delete my account" }).click();
    await expect(page.getByText("Your session had ended, so nothing was changed this time.")).toBeVisible();
    expect(new URL(page.url()).pathname).toBe("/sign-in");
  });
});

/** In another tab, whoever is signed in signs out, and `other` in. */
async function changeTo(other: Person, context: BrowserContext): Promise<void> {
  const tab = await context.newPage();
  await tab.goto("/account");
  await tab.getByRole("button", { name: "Sign out", exact: true }).click();
  await tab.waitForURL((url) => url.pathname === "/");
  await openAccount(tab, other);
  await tab.close();
}

/** What comes to the front is told so; a headless browser shows every tab at once. */
const lookAt = (page: Page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

/** What the page of an account can do to it. */
const ACTS: Record<string, (page: Page, person: Person) => Promise<void>> = {
  "deletes it": async (page, { password }) => {
    await page.locator("#delete summary").click();
    await page.locator("#delete").getByLabel("Current password").fill(password);
    await page.getByRole("button", { name: "Delete my account" }).click();
  },
  "changes its password": async (page, { password }) => {
    await page.locator("#password summary").click();
    await page.locator("#password").getByLabel("Current password").fill(password);
    await page.getByLabel("New password", { exact: true }).fill("another passphrase");
    await page.getByRole("button", { name: "Change password" }).click();
  },
  "ends a session of it": (page) => page.getByRole("button", { name: "Sign out curl" }).click(),
  "ends all its sessions but this one": (page) =>
    page.getByRole("button", { name: "Sign out everywhere else" }).click(),
};

for (const javaScriptEnabled of [true, false])
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("what is done on the page of an account is done to no other one that the browser was signed in to since", async ({
      page,
      context,
    }) => {
      const [one, other] = [await newAccount(), await newAccount()];
      const elsewhere = [await signInAs(one, "curl/8.5.0"), await signInAs(other, "curl/8.5.0")];
      await openAccount(page, one);
      const pages = [page];
      for (const _ of Object.keys(ACTS).slice(1)) {
        const tab = await context.newPage();
        await tab.goto("/account", { waitUntil: "networkidle" });
        pages.push(tab);
      }
      await changeTo(other, context);

      const told = "This browser is signed in to another account now. Nothing was changed.";
      for (const [at, [what, act]] of Object.entries(ACTS).entries()) {
        const tab = pages[at] as Page;
        await expect(tab.getByRole("heading", { level: 1 })).toContainText(one.username);
        await act(tab, one);
        await expect(tab.getByRole("alert").filter({ hasText: told }), what).toBeVisible();
        await expect(tab.getByRole("heading", { level: 1 })).toContainText(other.username);
        // At the head of the page, and beside no form of the account that is shown now.
        await expect(tab.getByRole("alert").filter({ hasText: told })).toBeInViewport();
        await expect(tab.getByText(told)).toHaveCount(1);
        await expect(tab.locator("details[open]")).toHaveCount(0);
        await expect(tab.locator("input[type=password]")).toHaveCount(3);
        for (const field of await tab.locator("input[type=password]").all())
          await expect(field).toHaveValue("");
        await tab.reload();
        await expect(tab.getByRole("heading", { level: 1 })).toContainText(other.username);
        await expect(tab.getByText(told)).toHaveCount(0);
      }

      for (const { access_token: token } of elsewhere)
        expect((await callApi("/api/v1/usr/me", { token })).status).toBe(200);
      for (const person of [one, other]) await signInAs(person, "okhttp/4.12.0");
      // The page is the other one's in earnest.
      await ACTS["ends a session of it"]?.(page, other);
      await expect(page.getByText("Signed out there.")).toBeVisible();
    });
  });

test("a page of an account, looked at again, is that of whom the browser is signed in as by then, or of its new registration", async ({
  page,
  context,
}) => {
  const [one, other, newcomer] = [await newAccount(), await newAccount(), newPerson()];
  await openAccount(page, one);
  const second = await context.newPage();
  await second.goto("/account", { waitUntil: "networkidle" });
  await lookAt(page);
  await page.waitForLoadState("networkidle");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(one.username);
  await changeTo(other, context);
  await page.locator("#delete summary").click();
  await lookAt(page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(other.username);
  await expect(page.locator("details[open]")).toHaveCount(0);

  const registered = await page.request.post("/api/v1/usr/register", {
    form: newcomer,
    headers: { "sec-fetch-site": "same-origin" },
  });
  expect(registered.ok()).toBe(true);
  await lookAt(page);
  await page.waitForURL("**/confirm");
  await expect(page.getByText(newcomer.email).first()).toBeVisible();
  await second.getByText("Delete account").click();
  await second.locator("#delete").getByLabel("Current password").fill(one.password);
  await second.getByRole("button", { name: "Delete my account" }).click();
  await second.waitForURL("**/confirm");
  for (const person of [one, other]) await signInAs(person, "okhttp/4.12.0");
});

test("by the API: the account's id names it, another one's is 409 before all else that may be wrong, and what is no id 422", async () => {
  const person = await newAccount();
  const { access_token: token } = await signInAs(person, "curl/8.5.0");
  const { access_token: elsewhere } = await signInAs(person, "okhttp/4.12.0");
  const { id } = (await (await callApi("/api/v1/usr/me", { token })).json()) as { id: string };
  const { user_data: stranger } = await register(newPerson());
  const post = async (call: string, body: object) => {
    const answer = await callApi(`/api/v1/usr/${call}`, { token, body });
    const text = await answer.text();
    expect(answer.headers.getSetCookie()).toEqual([]);
    return [answer.status, text === "" ? undefined : (JSON.parse(text) as { code?: string }).code];
  };
  const calls = ["change-password", "delete-account", "sessions/revoke", "sessions/revoke-others"];
  const right = {
    password: person.password,
    current_password: person.password,
    new_password: "another passphrase",
    session_id: stranger.id,
  };
  const wrong = { password: "not the one", current_password: "not the one", new_password: "x" };
  for (const call of calls)
    for (const fields of [right, wrong, {}, wrong])
      expect([call, ...(await post(call, { ...fields, user_id: stranger.id }))]).toEqual([
        call,
        409,
        "other_account",
      ]);
  for (const call of calls) {
    expect(await post(call, { ...right, user_id: "none" })).toEqual([422, "invalid_input"]);
    expect(await post(call, { ...right, user_id: 7 })).toEqual([422, "invalid_input"]);
  }
  expect((await callApi("/api/v1/usr/me", { token: elsewhere })).status).toBe(200);
  // Fewer tries are free than were refused.
  for (const user_id of [id, id.toUpperCase(), "", null])
    expect(await post("delete-account", { password: "not the one", user_id })).toEqual([
      422,
      "invalid_input",
    ]);
  expect(await post("sessions/revoke-others", { user_id: id.toUpperCase() })).toEqual([200, undefined]);
  expect((await callApi("/api/v1/usr/me", { token: elsewhere })).status).toBe(401);
  expect(await post("delete-account", { password: person.password, user_id: id })).toEqual([204, undefined]);
});

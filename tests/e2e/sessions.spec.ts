// The list of sessions, as a person uses it without JavaScript and a program through the API.
import { expect, type Page, test } from "@playwright/test";
import { newAccount, signInAs } from "../support/accounts";
import { callApi, newPerson, type Person, register } from "../support/people";
import { readRunning } from "../support/running";

test.use({ javaScriptEnabled: false });

async function signInOnPage(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Username or email address").fill(person.username);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/account");
}

const statusOf = async (token: string) => (await callApi("/api/v1/usr/me", { token })).status;

test("ASVS 7.5.2: where somebody is signed in is listed, and each of these can be ended, or all but this one", async ({
  page,
}) => {
  const person = await newAccount();
  const [first, second, third] = await Promise.all([
    signInAs(person, "curl/8.5.0"),
    signInAs(person, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    signInAs(person, "okhttp/4.12.0"),
  ]);
  await signInOnPage(page, person);
  const list = page.getByRole("region", { name: "Where you are signed in" }).getByRole("listitem");
  await expect(list).toHaveCount(4);
  await expect(list.first()).toContainText("This one");
  await expect(list.filter({ hasText: "Firefox on Windows" })).toHaveCount(1);

  await page.getByRole("button", { name: "Sign out curl" }).click();
  await expect(page.getByRole("status")).toHaveText("Signed out there.");
  // The button that was pressed is gone with its page: who reads by keyboard or ear is where that is said.
  await expect(page.getByRole("status")).toBeFocused();
  await expect(list).toHaveCount(3);
  expect(await statusOf(first.access_token)).toBe(401);
  expect(await statusOf(second.access_token)).toBe(200);

  await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(page.getByRole("status")).toHaveText("Signed out everywhere else.");
  await expect(list).toHaveCount(1);
  // Told once, and by what happened: not by a reload, and by no address that somebody made up.
  await page.reload();
  await expect(page.getByRole("status")).toHaveCount(0);
  await page.goto("/account?ended=others&changed=password");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);
  await expect(page.getByRole("status")).toHaveCount(0);
  for (const { access_token, refresh_token } of [second, third]) {
    expect(await statusOf(access_token)).toBe(401);
    const refreshed = await callApi("/api/v1/usr/token/refresh", { body: { refresh_token } });
    expect(refreshed.status).toBe(401);
  }
});

test("ASVS 7.4.1: next-auth tells of a session that has ended what it tells of nobody, and gives no new cookie for it", async ({
  page,
  context,
}) => {
  const person = await newAccount();
  await signInOnPage(page, person);
  const ask = async () => (await page.request.get("/api/auth/session")).json();
  expect(await ask()).toMatchObject({ scope: "full" });
  const kept = await context.cookies();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await context.addCookies(kept);
  expect(await ask()).toEqual({});
  expect((await context.cookies()).filter(({ name }) => name.endsWith("session"))).toEqual([]);
});

test("an odd cookie of somebody else's making is a call of nobody, and taken away", async () => {
  const { port } = new URL(readRunning().app.url);
  const good = "http%3A%2F%2Flocalhost";
  for (const value of ["garbage", "a%7Cb", "x|y", "%E0%A4%A", `${good}; latchkey-${port}.callback-url=foo`])
    for (const action of ["session", "csrf", "providers"]) {
      const cookie = `latchkey-${port}.callback-url=${value}`;
      const answer = await callApi(`/api/auth/${action}`, { headers: { cookie } });
      expect(answer.status, `${action} ${value}`).toBe(200);
    }
  for (const error of ["%E2%82%AC", "%E0%A4%A", "%00"])
    expect((await callApi(`/api/auth/error?error=${error}`)).status).toBe(302);
  expect((await callApi("/api/auth/_log", { body: { code: "x", level: "error" } })).status).toBe(404);
});

test("ASVS 7.2.4: what a browser was signed in as before has ended when it signs in again, or registers somebody else", async ({
  page,
  context,
}) => {
  const [first, second] = await Promise.all([newAccount(), newAccount()]);
  /** Whether the cookies that are in the browser now still open anything, put back later. */
  const keepCookies = async () => {
    const cookies = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    return async (call: string) => (await callApi(call, { headers: { cookie: cookies } })).status;
  };
  await signInOnPage(page, first);
  const early = await keepCookies();
  expect(await early("/api/v1/usr/me")).toBe(200);
  // As a form of an older tab would.
  const signInOver = await page.request.post("/api/v1/usr/token", {
    form: { login: second.username, password: second.password },
    headers: { "sec-fetch-site": "same-origin" },
    maxRedirects: 0,
  });
  expect(signInOver.status()).toBe(303);
  expect(await early("/api/v1/usr/me")).toBe(401);
  const late = await keepCookies();
  expect(await late("/api/v1/usr/me")).toBe(200);

  const csrf = (await (await page.request.get("/api/auth/csrf")).json()) as { csrfToken: string };
  await page.request.post("/api/auth/callback/credentials", {
    form: { csrfToken: csrf.csrfToken, login: first.username, password: first.password, json: "true" },
    headers: { "sec-fetch-site": "same-origin" },
  });
  expect(await late("/api/v1/usr/me")).toBe(401);
  const third = await keepCookies();
  expect(await third("/api/v1/usr/me")).toBe(200);

  const registered = await page.request.post("/api/v1/usr/register", {
    form: newPerson(),
    headers: { "sec-fetch-site": "same-origin" },
    maxRedirects: 0,
  });
  expect(registered.status()).toBe(303);
  expect(await third("/api/v1/usr/me")).toBe(401);
  // A program that keeps no cookies has sessions beside each other.
  const programs = [await signInAs(second, "curl/8.5.0"), await signInAs(second, "curl/8.5.0")];
  for (const { access_token } of programs) expect(await statusOf(access_token)).toBe(200);
});

test("ASVS 7.4.1: a browser whose session was ended elsewhere is out at its next page", async ({ page }) => {
  const person = await newAccount();
  await signInOnPage(page, person);
  const { access_token: token } = await signInAs(person, "curl/8.5.0");
  const listed = await callApi("/api/v1/usr/sessions", { token });
  expect(listed.headers.get("cache-control")).toBe("no-store");
  const { sessions } = (await listed.json()) as {
    sessions: { id: string; current: boolean; device: string }[];
  };
  expect(sessions.map(({ device, current }) => [device.split(" ")[0], current])).toEqual([
    ["curl", true],
    [expect.stringMatching(/Chrom/), false],
  ]);
  const ended = await callApi("/api/v1/usr/sessions/revoke-others", { token, method: "POST" });
  expect(await ended.json()).toEqual({ revoked: 1 });
  await page.goto("/account");
  await page.waitForURL("**/sign-in");

  // Ending one's own is signing out; asked again, the answer is that nobody is signed in.
  const body = { session_id: sessions[0]?.id };
  expect((await callApi("/api/v1/usr/sessions/revoke", { token, body })).status).toBe(204);
  expect((await callApi("/api/v1/usr/sessions/revoke", { token, body })).status).toBe(401);
});

test("ASVS 6.2.3, 7.4.2: the password is changed with the present one, and the account deleted with it", async ({
  page,
}) => {
  const person = await newAccount();
  const { access_token: elsewhere } = await signInAs(person, "curl/8.5.0");
  await signInOnPage(page, person);
  await page.getByText("Change password").first().click();
  const change = async (current: string, next: string) => {
    await page.locator("#password").getByLabel("Current password").fill(current);
    await page.getByLabel("New password").fill(next);
    await page.getByRole("button", { name: "Change password" }).click();
  };
  await change("wrong password", "another passphrase");
  await expect(page.getByText("This is not your current password.").first()).toBeVisible();
  await change(person.password, `${person.username}1`);
  await expect(page.getByText("words of your own").first()).toBeVisible();
  await change(person.password, "another passphrase");
  await expect(page.getByText("Your password is changed.")).toBeFocused();
  expect(await statusOf(elsewhere)).toBe(401);

  await page.getByText("Delete account").click();
  await page.locator("#delete").getByLabel("Current password").fill("another passphrase");
  await page.getByRole("button", { name: "Delete my account" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await expect(page.getByRole("status")).toHaveText(
    "Your account is deleted, and everything about you with it.",
  );
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("status")).toHaveCount(0);
  await page.goto("/account");
  await page.waitForURL("**/sign-in");
  const body = { login: person.username, password: "another passphrase" };
  expect((await callApi("/api/v1/usr/token", { body })).status).toBe(401);
});

test("a claim's token opens what a claim needs, and nothing else", async () => {
  const { access_token: token, user_data } = await register(newPerson());
  expect((await callApi("/api/v1/usr/confirmation", { token })).status).toBe(200);
  expect(user_data.email_confirmed).toBe(false);
  for (const [path, body] of [
    ["me", undefined],
    ["sessions", undefined],
    ["sessions/revoke", { session_id: user_data.id }],
    ["sessions/revoke-others", {}],
    ["change-password", { current_password: "correct horse battery", new_password: "another passphrase" }],
    ["delete-account", { password: "correct horse battery" }],
  ] as const) {
    const refused = await callApi(`/api/v1/usr/${path}`, { token, body });
    expect([path, refused.status, await refused.json()]).toMatchObject([
      path,
      403,
      { code: "not_confirmed" },
    ]);
  }
});

test("ASVS 7.4.1: an open stream of events ends with its session", async () => {
  const { access_token: token, refresh_token } = await register(newPerson("slow"));
  const stream = await callApi("/api/v1/usr/confirmation/events", { token });
  expect(stream.status).toBe(200);
  const ended = stream.text();
  expect((await callApi("/api/v1/usr/token/revoke", { body: { refresh_token } })).status).toBe(204);
  const said = await ended;
  expect(said).not.toContain('"sent"');
  expect(await statusOf(token)).toBe(401);
});

test.describe("with JavaScript", () => {
  test.use({ javaScriptEnabled: true });

  test("a changed password and a deleted account are told on the next page, once", async ({ page }) => {
    const person = await newAccount();
    await signInOnPage(page, person);
    const password = page.locator("#password");
    await password.locator("summary").click();
    await password.getByLabel("Current password").fill(person.password);
    await password.getByLabel("New password", { exact: true }).fill("another passphrase");
    await password.getByRole("button", { name: "Change password" }).click();
    const changed = page.getByText("Your password is changed.");
    await expect(changed).toBeVisible();
    await page.reload();
    await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);
    await expect(changed).toHaveCount(0);

    const deletion = page.locator("#delete");
    await deletion.locator("summary").click();
    const submit = deletion.getByRole("button", { name: "Delete my account" });
    await submit.click();
    await expect(deletion.getByText("Please enter your current password.")).toBeVisible();
    await deletion.getByLabel("Current password").fill("another passphrase");
    await submit.click();
    await page.waitForURL((url) => url.pathname === "/");
    const told = page.getByText("Your account is deleted, and everything about you with it.");
    await expect(told).toBeVisible();
    await page.reload();
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(told).toHaveCount(0);
  });
});

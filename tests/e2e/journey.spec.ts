// The main job, as a person does it in a browser.
import { expect, test } from "@playwright/test";
import { codeIn, listSubjects, nextMail, tellLater } from "../support/mailbox";
import { codeField, currentStep, fillRegistration, registerOnPage, statusLine } from "../support/pages";
import { callApi, newPerson, register } from "../support/people";
import { readRunning } from "../support/running";

test("register, watch the mail go out, read it in the inbox, type the code, be in; sign out, sign in", async ({
  page,
  context,
}) => {
  const person = newPerson();
  await page.goto("/");
  await page.getByRole("link", { name: "Create an account" }).click();
  await fillRegistration(page, person);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/confirm");
  // A busy machine may show the page only when the mail is out already.
  await expect(currentStep(page)).toContainText(/Queued|Sending|Sent|Delivered/);
  await expect(page.getByRole("listitem").filter({ hasText: "Queued" })).toBeVisible();
  await expect(currentStep(page)).toContainText(/Sent|Delivered/);
  await expect(page).toHaveTitle(/Sent|Delivered/);

  const inbox = await context.newPage();
  await inbox.goto(readRunning().mail.url);
  await inbox.getByText(person.email).first().click();
  const mail = await nextMail(person.email);
  await expect(inbox.getByText(codeIn(mail)).first()).toBeVisible();
  await inbox.close();

  await codeField(page).fill(codeIn(mail));
  await page.waitForURL("**/account");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);
  await expect(page.getByText(person.email)).toBeVisible();
  // One code, and after the confirmation one welcome.
  await expect.poll(() => listSubjects(person.email)).toEqual([mail.subject, "Welcome to Latchkey"]);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await page.goto("/account");
  await page.waitForURL("**/sign-in");
  await page.getByLabel("Username or email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/account");
});

test("the whole way by keyboard alone", async ({ page }) => {
  const person = newPerson();
  await page.goto("/register");
  await page.getByLabel("Username").focus();
  await page.keyboard.type(person.username);
  await page.keyboard.press("Tab");
  await page.keyboard.type(person.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(person.password);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/confirm");
  const code = codeIn(await nextMail(person.email));
  for (
    let tabs = 0;
    tabs < 20 && !(await codeField(page).evaluate((field) => field === document.activeElement));
    tabs++
  )
    await page.keyboard.press("Tab");
  await page.keyboard.type(code);
  await page.waitForURL("**/account");
});

test("mistakes are shown at the field after it is left, without reloading, and what was typed stays", async ({
  page,
}) => {
  await page.goto("/register");
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  await page.getByLabel("Username").fill("ab");
  await page.getByLabel("Email address").fill("ada@");
  await page.getByLabel("Password", { exact: true }).fill("short");
  await page.getByLabel("Password", { exact: true }).blur();
  for (const label of ["Username", "Email address", "Password"])
    await expect(page.getByLabel(label, { exact: true })).toHaveAttribute("aria-invalid", "true");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByLabel("Username")).toBeFocused();
  await expect(page.getByLabel("Email address")).toHaveValue("ada@");
  expect(await page.evaluate(() => "stayed" in window)).toBe(true);
});

test("a reload keeps what was typed, the password aside, and who is in a field by then types over it", async ({
  page,
}) => {
  const earlier = newPerson();
  await page.goto("/register");
  await fillRegistration(page, earlier);
  let letScriptCome = () => {};
  const released = new Promise<void>((resolve) => {
    letScriptCome = resolve;
  });
  await page.route("**/_next/static/**/*.js", async (route) => {
    await released;
    await route.continue();
  });
  await page.goto("/register", { waitUntil: "commit" });
  const username = page.getByLabel("Username");
  await username.focus();
  letScriptCome();
  await expect(username).toHaveValue(earlier.username);
  await expect(page.getByLabel("Email address")).toHaveValue(earlier.email);
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  await page.keyboard.type("ada");
  await expect(username).toHaveValue("ada");
});

test("a taken username is said at its field, and the rest stays typed", async ({ page }) => {
  const first = newPerson();
  await register(first);
  await page.goto("/register");
  const second = { ...newPerson(), username: first.username };
  await fillRegistration(page, second);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("This username is taken.")).toBeVisible();
  await expect(page.getByLabel("Email address")).toHaveValue(second.email);
});

test("pressing the button twice registers once", async ({ page }) => {
  const person = newPerson();
  const posts: string[] = [];
  page.on(
    "request",
    (request) =>
      request.method() === "POST" && request.url().endsWith("/register") && posts.push(request.url()),
  );
  await page.goto("/register");
  await fillRegistration(page, person);
  await page.getByRole("button", { name: "Create account" }).dblclick();
  await page.waitForURL("**/confirm");
  expect(posts).toHaveLength(1);
});

test("a wrong code says how many tries are left and clears the field; a pasted code with a space is taken", async ({
  page,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const code = codeIn(await nextMail(person.email));
  await codeField(page).fill(code === "000000" ? "000001" : "000000");
  await expect(page.getByText("You have 4 tries left.")).toBeVisible();
  await expect(codeField(page)).toHaveValue("");
  await expect(codeField(page)).toBeFocused();
  await codeField(page).fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await page.waitForURL("**/account");
});

test("after a reload the page shows the same", async ({ page }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  await expect(currentStep(page)).toContainText("Delivered");
  const before = await statusLine(page).textContent();
  await page.reload();
  await expect(currentStep(page)).toContainText("Delivered");
  expect(await statusLine(page).textContent()).toBe(before);
});

test("'Resend code' counts down what the server says", async ({ page }) => {
  await registerOnPage(page, newPerson());
  await expect(page.getByText(/You can ask again in (1:00|0:[0-5]\d)/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Resend code" })).toHaveAttribute("aria-disabled", "true");
});

test("a second tab moves on by itself when the first confirms", async ({ page, context }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const second = await context.newPage();
  await second.goto("/confirm");
  await codeField(page).fill(codeIn(await nextMail(person.email)));
  await page.waitForURL("**/account");
  await second.waitForURL("**/account**");
});

test("an address that bounces is said to have refused the mail, and the form for another one is open", async ({
  page,
}) => {
  await registerOnPage(page, newPerson("bounce"));
  await expect(currentStep(page)).toContainText("Came back");
  await expect(statusLine(page)).toContainText("this address refused the mail");
  await expect(page.getByText("Change address", { exact: true })).toBeVisible();
  const right = newPerson().email;
  await page.getByLabel("Right email address").fill(right);
  await page.getByRole("button", { name: "Send the code there" }).click();
  await expect(page.getByText(/We sen[dt] a 6-digit code to/)).toContainText(right);
});

test("delayed, delivered and complained are on the page a moment after the provider has told us", async ({
  page,
}) => {
  const person = newPerson("delay");
  await registerOnPage(page, person);
  await expect(currentStep(page)).toContainText("Sent, delayed");
  await expect(statusLine(page)).toContainText("on its way, but late");
  await expect(currentStep(page)).toContainText("Delivered");
  await tellLater(await nextMail(person.email), "complained");
  await expect(currentStep(page)).toContainText("Marked as spam", { timeout: 3_000 });
  await expect(statusLine(page)).toContainText("marked as spam");
});

test("an address the provider no longer writes to is said at once, and the form for another one is open", async ({
  page,
}) => {
  await registerOnPage(page, newPerson("suppress"));
  await expect(currentStep(page)).toContainText("Not sent");
  await expect(statusLine(page)).toContainText("no longer write to this address");
  await expect(page.getByLabel("Right email address")).toBeVisible();
});

test("an address the provider refuses for good is said at once, without retries", async ({ page }) => {
  await registerOnPage(page, newPerson("refuse"));
  await expect(currentStep(page)).toContainText("Failed");
});

test("signing out ends the session for the API too", async ({ page }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  await codeField(page).fill(codeIn(await nextMail(person.email)));
  await page.waitForURL("**/account");
  const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  expect((await callApi("/api/v1/usr/me", { headers: { cookie: cookies } })).status).toBe(200);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  expect((await callApi("/api/v1/usr/me", { headers: { cookie: cookies } })).status).toBe(401);
});

test("the confirm page without a registration says what to do", async ({ page }) => {
  await page.goto("/confirm");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing to confirm here");
});

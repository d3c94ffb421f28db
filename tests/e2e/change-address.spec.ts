// A mistyped address, mended before it is confirmed.
import { expect, type Page, test } from "@playwright/test";
import { codeIn, listSubjects, nextMail } from "../support/mailbox";
import { codeField, fillRegistration, registerOnPage } from "../support/pages";
import { callApi, newPerson, register } from "../support/people";

const CHANGE = "/api/v1/usr/change-email";

const openForm = (page: Page) =>
  page.getByText(/Wrong address\? Change it|Did you mean .*\? Change it/).click();
const field = (page: Page) => page.getByLabel("Right email address");

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("the mail to the old address is called off, the code from the new one opens the account", async ({
      page,
    }) => {
      const person = newPerson();
      const right = newPerson().email;
      await registerOnPage(page, person);
      await openForm(page);
      await field(page).fill(right);
      await page.getByRole("button", { name: "Send the code there" }).click();
      await expect(page.getByText(/We sen[dt] a 6-digit code to/)).toContainText(right);
      const mail = await nextMail(right);
      expect(mail.subject).toMatch(/^\d{6} is your new Latchkey code$/);
      await codeField(page).fill(codeIn(mail));
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Confirm" }).click();
      await page.waitForURL("**/account");
      await expect(page.getByText(right)).toBeVisible();
      await expect.poll(() => listSubjects(right)).toEqual([mail.subject, "Welcome to Latchkey"]);
    });

    test("what is no address is refused in the open form, with what was typed", async ({ page }) => {
      await registerOnPage(page, newPerson());
      await openForm(page);
      await field(page).fill("ada");
      await page.getByRole("button", { name: "Send the code there" }).click();
      await expect(page.getByText(/The @ is missing|not a valid email address/).first()).toBeVisible();
      await expect(field(page)).toHaveValue("ada");
      await expect(field(page)).toHaveAttribute("aria-invalid", "true");
    });

    test("a typing slip is asked about on the confirm page, and mended with one click", async ({ page }) => {
      const person = { ...newPerson(), email: `${newPerson().username}@gmial.com` };
      await registerOnPage(page, person);
      const meant = person.email.replace("gmial", "gmail");
      await page.getByText(`Did you mean ${meant}? Change it`).click();
      await expect(field(page)).toHaveValue(meant);
      await page.getByRole("button", { name: "Send the code there" }).click();
      await expect(page.getByText(/We sen[dt] a 6-digit code to/)).toContainText(meant);
      await expect(page.getByText("Wrong address? Change it")).toBeVisible();
    });
  });
}

test("what was said of a wrong code is not said of the next one", async ({ page }) => {
  const person = newPerson();
  const right = newPerson().email;
  await registerOnPage(page, person);
  await nextMail(person.email);
  await codeField(page).fill("000000");
  await expect(codeField(page)).toHaveAttribute("aria-invalid", "true");
  await openForm(page);
  await field(page).fill(right);
  await page.getByRole("button", { name: "Send the code there" }).click();
  await expect(codeField(page)).not.toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText("You have 4 tries left")).toBeHidden();
});

test("a typing slip is asked about where it is typed, and taken over with one click", async ({ page }) => {
  await page.goto("/register");
  await fillRegistration(page, { ...newPerson(), email: "ada@hotmial.com" });
  await page.getByRole("button", { name: "ada@hotmail.com" }).click();
  await expect(page.getByLabel("Email address")).toHaveValue("ada@hotmail.com");
  await expect(page.getByText("We send a 6-digit code to this address.")).toBeVisible();
});

test("by API: 202 as the confirmation, three times; then 429 with the time; the old code is worthless", async () => {
  const person = newPerson();
  const { access_token: token } = await register(person);
  const oldCode = codeIn(await nextMail(person.email));
  for (let left = 2; left >= 0; left--) {
    const { email } = newPerson();
    const response = await callApi(CHANGE, { token, body: { email: ` ${email.toUpperCase()} ` } });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({
      confirmed: false,
      email,
      email_changes_left: left,
      delivery: { status: expect.stringMatching(/^(queued|sending|sent|delivered)$/) },
    });
  }
  const refused = await callApi(CHANGE, { token, body: { email: newPerson().email } });
  expect(refused.status).toBe(429);
  const problem = (await refused.json()) as { next_allowed_at: string };
  expect(problem).toMatchObject({ code: "change_limit", detail: expect.stringMatching(/\.$/) });
  expect(Date.parse(problem.next_allowed_at)).toBeGreaterThan(Date.now());
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  const confirm = await callApi("/api/v1/usr/confirm-email", { token, body: { code: oldCode } });
  expect([422, await confirm.json()]).toEqual([
    confirm.status,
    expect.objectContaining({ code: "wrong_code" }),
  ]);
});

test("by API: an address that has an owner and one that nobody has get the same answer", async () => {
  const owner = newPerson();
  const { access_token } = await register(owner);
  await callApi("/api/v1/usr/confirm-email", {
    token: access_token,
    body: { code: codeIn(await nextMail(owner.email)) },
  });
  // A starved machine may answer one of the two by the fallback, and says so in both: then once more.
  await expect(async () => {
    const answers = [];
    for (const email of [owner.email, newPerson().email]) {
      const { access_token: token } = await register(newPerson());
      const response = await callApi(CHANGE, { token, body: { email } });
      const body = (await response.text())
        .replaceAll(email, "<email>")
        .replaceAll(/"[0-9a-f-]{36}"/g, '"<id>"')
        .replaceAll(/"\d{4}-[\dT:.-]+Z"/g, '"<instant>"');
      answers.push({ status: response.status, headers: [...response.headers.keys()].sort(), body });
    }
    expect(answers[0]).toEqual(answers[1]);
  }).toPass({ timeout: 30_000 });
  await expect
    .poll(async () => (await listSubjects(owner.email)).slice(1).sort())
    .toEqual(["Welcome to Latchkey", "You already have a Latchkey account"]);
});

test("by API: bad input gets a clear error", async () => {
  const { access_token: token, user_data } = await register(newPerson());
  for (const [body, code] of [
    [{}, "required"],
    [{ email: "" }, "required"],
    [{ email: 7 }, "wrong_type"],
    [{ email: "ada" }, "invalid_email"],
    [{ email: `${"a".repeat(5000)}@example.com` }, "too_long"],
    [{ email: user_data.email }, "same_address"],
  ] as const) {
    const response = await callApi(CHANGE, { token, body });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: "invalid_input",
      errors: [{ field: "email", code, detail: expect.stringMatching(/\.$/) }],
    });
  }
  expect((await callApi(CHANGE, { body: { email: "ada@example.com" } })).status).toBe(401);
});

// One claim on several devices, and several claims in one browser: each page shows, and acts on, what is true.
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { newAccount, signInAs } from "../support/accounts";
import { codeIn, countMails, nextMail } from "../support/mailbox";
import { codeField, fillRegistration, registerOnPage, signInOnPage } from "../support/pages";
import { callApi, newPerson, type Person, register } from "../support/people";

/** Whom the page says that it writes to. */
const lead = (page: Page) => page.locator("h1 + p");

test("a code typed on another device moves every page of the claim on to the account, each with a session of its own", async ({
  page,
  context,
  browser,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const tab = await context.newPage();
  await tab.goto("/confirm");
  const phone = await (await browser.newContext()).newPage();
  await signInOnPage(phone, person);
  await phone.waitForURL("**/confirm");
  await codeField(phone).fill(codeIn(await nextMail(person.email)));
  for (const each of [phone, page, tab]) {
    await each.waitForURL("**/account**");
    await expect(each.getByRole("heading", { level: 1 })).toContainText(person.username);
  }
  await page.reload();
  const list = page.getByRole("region", { name: "Where you are signed in" }).getByRole("listitem");
  await expect(list).toHaveCount(2);
  await phone.context().close();
});

const linkOf = ({ text }: { text: string }) => /https?:\S+\/confirm\/link#\S+/.exec(text)?.[0] ?? "";

async function submitRegistration(page: Page, person: Person): Promise<void> {
  await fillRegistration(page, person);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/confirm");
  await expect(lead(page)).toContainText(person.email);
}

async function confirmWithCode(page: Page, { email, username }: Person): Promise<void> {
  await codeField(page).fill(codeIn(await nextMail(email)));
  await page.waitForURL("**/account");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(username);
}

test("after three changes of the address, registering anew takes the name along", async ({ page }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  for (let change = 0; change < 3; change++) {
    const { email } = newPerson();
    expect((await page.request.post("/api/v1/usr/change-email", { data: { email } })).status()).toBe(202);
  }
  await page.getByRole("link", { name: "Still the wrong address? Register again" }).click();
  await page.waitForURL("**/register");
  await expect(page.getByLabel("Username")).toHaveValue(person.username);
  const mended = { ...person, email: newPerson().email };
  await submitRegistration(page, mended);
  await confirmWithCode(page, mended);
});

for (const javaScriptEnabled of [true, false])
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("an address that is mended after the back button takes the claim's place", async ({ page }) => {
      const person = newPerson();
      await registerOnPage(page, person);
      await page.goBack();
      await page.waitForURL("**/register");
      const mended = { ...person, email: newPerson().email };
      await submitRegistration(page, mended);
      expect(
        (await callApi("/api/v1/usr/token", { body: { login: person.username, ...person } })).status,
      ).toBe(200);
      await nextMail(mended.email);
    });
  });

test("a registration whose answer was lost on the way is answered when it is sent again, with one mail", async ({
  page,
}) => {
  const person = newPerson();
  await page.route(
    "**/api/v1/usr/register",
    async (route) => {
      // The server took it; the browser hears nothing of it, and gets no cookie.
      await register(person);
      await route.abort();
    },
    { times: 1 },
  );
  await page.goto("/register");
  await fillRegistration(page, person);
  const submit = page.getByRole("button", { name: "Create account" });
  await submit.click();
  await expect(page.getByText("Nothing you typed is lost")).toBeVisible();
  await submit.click();
  await page.waitForURL("**/confirm");
  await nextMail(person.email);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Confirm your email address");
  expect(await countMails(person.email)).toBe(1);
  await confirmWithCode(page, person);
});

/** One tab shows a registration, and another one of this browser has begun a second one since. */
async function twoInOneBrowser(page: Page, context: BrowserContext): Promise<{ one: Person; other: Person }> {
  const [one, other] = [newPerson(), newPerson()];
  await registerOnPage(page, one);
  const tab = await context.newPage();
  await registerOnPage(tab, other);
  await tab.close();
  await expect(lead(page)).toContainText(one.email);
  return { one, other };
}

/** In another tab. */
async function signInBeside(context: BrowserContext, account: Person): Promise<void> {
  const tab = await context.newPage();
  await signInOnPage(tab, account);
  await tab.waitForURL("**/account");
  await tab.close();
}

/** The page shows a registration, and another tab has signed in to an account since. */
async function besideAnAccount(page: Page, context: BrowserContext) {
  const [account, one] = [await newAccount(), newPerson()];
  await registerOnPage(page, one);
  await expect(codeField(page)).toBeVisible();
  await signInBeside(context, account);
  return { account, one };
}

const told = (page: Page) =>
  page.getByRole("alert").filter({ hasText: "You went on with another registration in this browser." });

/** As the server has it for the browser's session. */
const stateOf = async (page: Page) => (await page.request.get("/api/v1/usr/confirmation")).json();

async function expectUntouched(page: Page, { email }: Person): Promise<void> {
  expect(await stateOf(page)).toMatchObject({ email, code: { tries_left: 5 }, email_changes_left: 3 });
  await nextMail(email);
  expect(await countMails(email)).toBe(1);
}

test.describe("two registrations in one browser", () => {
  test("the first one's code is no try of the second's, and the page says what it shows now", async ({
    page,
    context,
  }) => {
    const { one, other } = await twoInOneBrowser(page, context);
    await codeField(page).fill(codeIn(await nextMail(one.email)));
    await expect(told(page)).toBeVisible();
    await expect(lead(page)).toContainText(other.email);
    await expect(codeField(page)).toHaveValue("");
    await expect(codeField(page)).not.toHaveAttribute("aria-invalid", "true");
    await expectUntouched(page, other);
    // The first one's stream is not what the page listens to any more.
    await expect(page.getByRole("listitem").filter({ hasText: "Delivered" })).toHaveAttribute(
      "aria-current",
      "step",
    );
    await expect(told(page)).toBeVisible();
    await confirmWithCode(page, other);
  });

  test("neither is the second one moved from the first one's page", async ({ page, context }) => {
    const { other } = await twoInOneBrowser(page, context);
    await page.getByText("Wrong address? Change it").click();
    await page.getByLabel("Right email address").fill(newPerson().email);
    await page.getByRole("button", { name: "Send the code there" }).click();
    await expect(told(page)).toBeVisible();
    await expect(lead(page)).toContainText(other.email);
    await expectUntouched(page, other);
  });

  test("a page that reads the second one's state by itself says so", async ({ page, context }) => {
    const { other } = await twoInOneBrowser(page, context);
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await expect(told(page)).toBeVisible();
    await expect(lead(page)).toContainText(other.email);
    await page.reload();
    await expect(lead(page)).toContainText(other.email);
    await expect(told(page)).toHaveCount(0);
  });

  test("what was typed of the first one's code is not there when the page shows the second one", async ({
    page,
    context,
  }) => {
    const { one, other } = await twoInOneBrowser(page, context);
    await codeField(page).fill(codeIn(await nextMail(one.email)).slice(0, 5));
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await expect(lead(page)).toContainText(other.email);
    await expect(codeField(page)).toHaveValue("");
    await expectUntouched(page, other);
  });

  test("where somebody signed in to an account meanwhile, the page says so and takes nobody into it", async ({
    page,
    context,
  }) => {
    const { account } = await besideAnAccount(page, context);
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await expect(page.getByRole("heading", { name: "Signed in to another account" })).toBeVisible();
    await expect(page.getByText(account.email)).toBeVisible();
    await expect(page).toHaveURL(/\/confirm\?other=[\w-]{36}$/);
    // In another language and loaded anew it says the same, and takes nobody there either.
    await page.locator('select[name="language"]').selectOption("de");
    await page.locator('form[action="/language"] button').click();
    const inGerman = page.getByRole("heading", { name: "In einem anderen Konto angemeldet" });
    await expect(inGerman).toBeVisible();
    await page.reload();
    await expect(inGerman).toBeVisible();
    await expect(page.getByText(account.email)).toBeVisible();
    await page.getByRole("link", { name: "Weiter zu deinem Konto" }).click();
    await page.waitForURL("**/account");
  });

  for (const [what, isAccount] of [
    ["an account", true],
    ["another registration", false],
  ] as const)
    test(`where a tab has ${what} meanwhile, a confirmation on another device moves the first page into neither`, async ({
      page,
      context,
    }) => {
      const one = newPerson();
      await registerOnPage(page, one);
      const other = isAccount ? await newAccount() : newPerson();
      if (isAccount) await signInBeside(context, other);
      else {
        const tab = await context.newPage();
        await registerOnPage(tab, other);
        await tab.close();
      }
      await expect(lead(page)).toContainText(one.email);
      const { access_token: token } = await signInAs(one, "Their phone");
      const code = codeIn(await nextMail(one.email));
      expect((await callApi("/api/v1/usr/confirm-email", { token, body: { code } })).status).toBe(200);
      if (!isAccount) {
        await expect(told(page)).toBeVisible();
        await expect(lead(page)).toContainText(other.email);
        return expectUntouched(page, other);
      }
      await expect(page.getByRole("heading", { name: "Signed in to another account" })).toBeVisible();
      await expect(page.getByText(other.email)).toBeVisible();
      await expect(page).toHaveURL(/\/confirm\?other=[\w-]{36}$/);
      // And leads back to the account that was confirmed.
      await page.getByRole("button", { name: "Sign out, and sign in anew" }).click();
      await page.waitForURL("**/sign-in");
      await signInOnPage(page, one);
      await page.waitForURL("**/account");
      await expect(page.getByRole("heading", { level: 1 })).toContainText(one.username);
    });

  test.describe("without JavaScript", () => {
    test.use({ javaScriptEnabled: false });

    test("no form of the first one's page acts on the second one", async ({ page, context }) => {
      const { one, other } = await twoInOneBrowser(page, context);
      await codeField(page).fill(codeIn(await nextMail(one.email)));
      await page.getByRole("button", { name: "Confirm" }).click();
      await expect(
        page.getByText("Another registration is open here now. Nothing was changed."),
      ).toBeVisible();
      await expect(lead(page)).toContainText(other.email);
      await expectUntouched(page, other);
    });

    test("nor does the form on the page of the mail's link, whatever is open here meanwhile", async ({
      page,
      context,
    }) => {
      const one = newPerson();
      await registerOnPage(page, one);
      const mail = await nextMail(one.email);
      const typeOnLinkPage = async () => {
        await codeField(page).fill(codeIn(mail));
        await page.getByRole("button", { name: "Confirm" }).click();
      };
      await page.goto(linkOf(mail));
      const other = newPerson();
      const tab = await context.newPage();
      await registerOnPage(tab, other);
      await tab.close();
      await typeOnLinkPage();
      await expect(
        page.getByText("Another registration is open here now. Nothing was changed."),
      ).toBeVisible();
      await expectUntouched(page, other);

      await page.goto(linkOf(await nextMail(other.email)));
      const account = await newAccount();
      await signInBeside(context, account);
      await typeOnLinkPage();
      await expect(page.getByRole("heading", { name: "Signed in to another account" })).toBeVisible();
    });

    for (const [what, submit] of [
      ["a code", "Confirm"],
      ["asking for another code", "Resend code"],
    ] as const)
      test(`where somebody signed in to an account meanwhile, ${what} leads nobody into it as if it had been taken`, async ({
        page,
        context,
      }) => {
        const { account, one } = await besideAnAccount(page, context);
        await codeField(page).fill(codeIn(await nextMail(one.email)));
        await page.getByRole("button", { name: submit }).click();
        await expect(page.getByRole("heading", { name: "Signed in to another account" })).toBeVisible();
        await expect(page.getByText(account.email)).toBeVisible();
        await expect(page).toHaveURL(/\/confirm\?other=[\w-]{36}$/);
        await page.getByRole("link", { name: "Go to your account" }).click();
        await page.waitForURL("**/account");
      });

    test("the page that goes on after a confirmation elsewhere does so into its own account alone", async ({
      page,
      context,
    }) => {
      const [account, one] = [await newAccount(), newPerson()];
      await registerOnPage(page, one);
      const { access_token: token } = await signInAs(one, "Their phone");
      const code = codeIn(await nextMail(one.email));
      expect((await callApi("/api/v1/usr/confirm-email", { token, body: { code } })).status).toBe(200);
      await page.goto("/confirm");
      const goOn = page.getByRole("button", { name: "Go to your account" });
      await expect(goOn).toBeVisible();
      await signInBeside(context, account);
      await goOn.click();
      await expect(page.getByRole("heading", { name: "Signed in to another account" })).toBeVisible();
      await expect(page.getByText(account.email)).toBeVisible();
    });

    test("where another one was confirmed on another device, the page that tells so says that nothing was taken", async ({
      page,
      context,
    }) => {
      const { one, other } = await twoInOneBrowser(page, context);
      const { access_token: token } = await signInAs(other, "Their phone");
      const code = codeIn(await nextMail(other.email));
      expect((await callApi("/api/v1/usr/confirm-email", { token, body: { code } })).status).toBe(200);
      await codeField(page).fill(codeIn(await nextMail(one.email)));
      await page.getByRole("button", { name: "Confirm" }).click();
      await expect(
        page.getByText("Another registration is open here now. Nothing was changed."),
      ).toBeVisible();
      await expect(page.getByText(other.email)).toBeVisible();
    });
  });

  test("by the API: any mail of the caller's names its registration, another one's is 409, and what is no id 422", async () => {
    const [mine, theirs] = [await register(newPerson()), await register(newPerson())];
    const { access_token: token } = mine;
    const moved = await callApi("/api/v1/usr/change-email", {
      token,
      body: { email: newPerson().email, delivery_id: mine.delivery.id },
    });
    const { delivery } = (await moved.json()) as { delivery: { id: string } };
    const post = async (call: string, body: object) => {
      const answer = await callApi(`/api/v1/usr/${call}`, { token, body });
      return [answer.status, ((await answer.json()) as { code?: string }).code];
    };
    const before = await (await callApi("/api/v1/usr/confirmation", { token })).json();
    for (const [call, fields] of [
      ["confirm-email", { code: "000000" }],
      ["resend-confirmation", {}],
      ["change-email", { email: newPerson().email }],
    ] as const) {
      for (const delivery_id of [theirs.delivery.id, mine.user_data.id])
        for (const sent of [fields, {}])
          expect(await post(call, { ...sent, delivery_id })).toEqual([409, "other_registration"]);
      expect(await post(call, { ...fields, delivery_id: "none" })).toEqual([422, "invalid_input"]);
    }
    const after = await (await callApi("/api/v1/usr/confirmation", { token })).json();
    for (const name of ["email", "email_changes_left", "resend"] as const)
      expect((after as Record<string, unknown>)[name]).toEqual((before as Record<string, unknown>)[name]);
    expect(after).toMatchObject({ code: { tries_left: 5 }, delivery: { id: delivery.id } });
    for (const delivery_id of [mine.delivery.id, delivery.id, "", null, undefined])
      expect((await post("confirm-email", { code: "12345", delivery_id }))[0]).toBe(422);
  });
});

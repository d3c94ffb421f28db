// What keyboards do that compose: the field is theirs until they are done. They are played through the browser's own
// protocol, because no key of Playwright's composes. And what the field says while nothing typed would be looked at.
import { type CDPSession, expect, type Page, test } from "@playwright/test";
import postgres from "postgres";
import { codeIn, nextMail } from "../support/mailbox";
import { codeField, registerOnPage } from "../support/pages";
import { newPerson } from "../support/people";
import { readRunning } from "../support/running";

/** As a Japanese keyboard writes them. */
const toFullWidth = (digits: string) =>
  digits.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));

/** What is being composed, the caret at its end. */
const compose = (keyboard: CDPSession, text: string) =>
  keyboard.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
const commit = (keyboard: CDPSession, text: string) => keyboard.send("Input.insertText", { text });

/** A new registration whose code is known; `sent` are the codes that its page sends. */
async function openCodeField(page: Page) {
  const person = newPerson();
  await registerOnPage(page, person);
  const code = codeIn(await nextMail(person.email));
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/confirm-email")) sent.push(request.postDataJSON().code);
  });
  await codeField(page).focus();
  return { code, sent, keyboard: await page.context().newCDPSession(page) };
}

test("full-width digits in one composition stay as they are until it ends, and are then sent once", async ({
  page,
}) => {
  const { code, sent, keyboard } = await openCodeField(page);
  const typed = toFullWidth(code);
  for (let length = 1; length <= typed.length; length++) {
    await compose(keyboard, typed.slice(0, length));
    await expect(codeField(page)).toHaveValue(typed.slice(0, length));
  }
  expect(sent).toEqual([]);
  await commit(keyboard, typed);
  await page.waitForURL("**/account");
  expect(sent).toEqual([code]);
});

test("full-width digits that are composed one by one become the code's, and are sent once", async ({
  page,
}) => {
  const { code, sent, keyboard } = await openCodeField(page);
  for (const [index, digit] of [...toFullWidth(code)].entries()) {
    await compose(keyboard, digit);
    await expect(codeField(page)).toHaveValue(`${code.slice(0, index)}${digit}`);
    await commit(keyboard, digit);
    if (index < code.length - 1) await expect(codeField(page)).toHaveValue(code.slice(0, index + 1));
  }
  await page.waitForURL("**/account");
  expect(sent).toEqual([code]);
});

test("a code that comes in one piece, as from the clipboard, may have a space in it", async ({ page }) => {
  const { code, sent, keyboard } = await openCodeField(page);
  await commit(keyboard, `${code.slice(0, 3)} `);
  await expect(codeField(page)).toHaveValue(code.slice(0, 3));
  await codeField(page).fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await page.waitForURL("**/account");
  expect(sent).toEqual([code]);
});

test("after too many wrong codes the field says when the next try is, also to whoever tries before", async ({
  page,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const code = codeIn(await nextMail(person.email));
  const sql = postgres(readRunning().postgres.url, { max: 1, onnotice: () => {} });
  try {
    await sql`update users set wrong_code_count = 19 where username = ${person.username}`;
    const note = page.locator("#code-note");
    // The twentieth wrong one, and the right one during the wait.
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
    // What was not looked at stays, for when it is.
    for (const [typed, left] of [
      [wrong, /^$/],
      [code, new RegExp(`^${code.slice(0, 3)}\\s?${code.slice(3)}$`)],
    ] as const) {
      await codeField(page).fill(typed);
      await expect(note.getByRole("alert")).toHaveText(
        /^Too many wrong codes\. The next try is at \d\d:\d\d:\d\d\.$/,
      );
      await expect(codeField(page)).toHaveValue(left);
    }
    await sql`update users set wrong_code_at = now() - interval '1 day' where username = ${person.username}`;
    await page.reload();
    await codeField(page).fill(code);
    await page.waitForURL("**/account");
  } finally {
    await sql.end();
  }
});

test("a code that could not be looked at stays in the field, and is not called wrong", async ({ page }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const code = codeIn(await nextMail(person.email));
  const detail = "We cannot reach our database at the moment. Nothing was lost; please try again shortly.";
  await page.route(
    "**/api/v1/usr/confirm-email",
    (route) =>
      route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        json: { type: "about:blank", title: "Service Unavailable", status: 503, code: "unavailable", detail },
      }),
    { times: 1 },
  );
  await codeField(page).fill(code);
  await expect(page.locator("#code-note").getByRole("alert")).toHaveText(detail);
  await expect(codeField(page)).toHaveValue(new RegExp(`^${code.slice(0, 3)}\\s?${code.slice(3)}$`));
  await expect(codeField(page)).not.toHaveAttribute("aria-invalid", "true");
  await page.getByRole("button", { name: "Confirm", exact: true }).click();
  await page.waitForURL("**/account");
});

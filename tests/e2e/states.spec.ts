// The confirm page in every state that a mail and its code can be in, on the smallest phone. The server's part is told
// here, as the API tells it: which states there are, and how each comes about, is tested elsewhere.
import { expect, type Page, test } from "@playwright/test";
import type { Confirmation } from "@/domain/confirmation-state";
import { LANGUAGES, tagOf } from "@/messages/languages";
import { expectNoViolations } from "../support/axe";
import { makeConfirmation } from "../support/confirmations";
import { codeIn, nextMail } from "../support/mailbox";
import {
  codeField,
  currentStep,
  fillRegistration,
  hasSidewaysScroll,
  registerOnPage,
  speak,
  statusLine,
} from "../support/pages";
import { newPerson } from "../support/people";
import { tellStates as tellAnyStates } from "../support/told-states";

const at = (seconds: number) =>
  new Date(Date.parse("2026-11-24T10:00:00.000Z") + seconds * 1000).toISOString();
const because = (code: string) => ({ code, message: "As the API would say it." });
const sent = { attempt: 1, sent_at: at(3) };
const resend = { allowed: false, next_allowed_at: at(60), reason: "cooldown" as const };
const works = { tries_left: 5, expires_at: at(900), next_try_at: null };

const RETRYING = makeConfirmation(
  { status: "retrying", attempt: 5, next_attempt_at: at(930), reason: because("timeout") },
  { resend },
);
const arrived = { status: "delivered" as const, ...sent, delivered_at: at(5) };

/** Each with what the tab says. In the last group those that ask for another address come last: they open a form. */
const STATES: Record<string, readonly [string, Confirmation][]> = {
  "on its way": [
    ["Queued", makeConfirmation({ queued_at: at(29) }, { resend })],
    // Much too long ago: the queue is away.
    ["Delayed", makeConfirmation({}, { resend })],
    ["Sending", makeConfirmation({ status: "sending", attempt: 1 }, { resend })],
    ["Sending", makeConfirmation({ status: "sending", attempt: 3 }, { resend })],
    ["Retrying", RETRYING],
  ],
  there: [
    ["Sent", makeConfirmation({ status: "sent", ...sent }, { resend, code: works })],
    ["Delayed", makeConfirmation({ status: "sent", ...sent, reason: because("delayed") }, { code: works })],
    ["Delivered", makeConfirmation(arrived, { code: works })],
    ["Delivered", makeConfirmation(arrived, { code: { ...works, tries_left: 0 } })],
    ["Delivered", makeConfirmation(arrived, { code: { ...works, next_try_at: at(600) } })],
    [
      "Delivered",
      makeConfirmation(arrived, {
        code: { ...works, expires_at: at(20) },
        resend: { ...resend, reason: "limit" },
      }),
    ],
    ["Marked as spam", makeConfirmation({ ...arrived, status: "complained" }, { code: works })],
  ],
  "not coming": [
    ["Failed", makeConfirmation({ status: "failed", attempt: 6, reason: because("timeout") })],
    ["Called off", makeConfirmation({ status: "cancelled", reason: because("called_off") })],
    ["Came back", makeConfirmation({ status: "bounced", ...sent, reason: because("mailbox_unavailable") })],
    ["Not sent", makeConfirmation({ status: "suppressed", reason: because("address_suppressed") })],
  ],
};
const NEEDS_ANOTHER = new Set(["Came back", "Not sent"]);

/** Answers the page's questions from now on. What it hands back tells another state, and waits until the page has it. */
/** Of the registration that the browser has: another one's state would be told as such. */
async function tellStates(page: Page, first: Confirmation) {
  const real = await page.request.get("/api/v1/usr/confirmation");
  const { registered_at } = (await real.json()) as Confirmation;
  const tell = await tellAnyStates(page, { ...first, registered_at });
  return (next: Confirmation) => tell({ ...next, registered_at });
}

const topOf = async (page: Page) => (await codeField(page).boundingBox())?.y;

test.describe("on the smallest phone", () => {
  test.use({ viewport: { width: 320, height: 800 } });

  for (const [group, states] of Object.entries(STATES))
    test(`while the mail is ${group}: no violations, the state in the tab’s title, all fits, and nothing moves`, async ({
      page,
    }) => {
      await registerOnPage(page, newPerson());
      const [[, first] = []] = states;
      if (!first) throw new Error("There are no states");
      const tell = await tellStates(page, first);
      await page.reload();
      // The address that is told may take another number of lines than the real one.
      await expect(page.getByText(first.email)).toBeVisible();
      const top = await topOf(page);
      for (const [index, [title, state]] of states.entries()) {
        const name = `${index}: ${title}`;
        await tell(state);
        await expect(page, name).toHaveTitle(`${title} · Confirm your email · Latchkey`);
        await expect(statusLine(page), name).toHaveText(/\S/);
        await expect(currentStep(page), name).toHaveCount(1);
        await expectNoViolations(page, { state: name });
        expect(await hasSidewaysScroll(page), name).toBe(false);
        expect(await topOf(page), name).toBe(top);
        expect(await page.locator("main button.bg-accent:visible").count(), `${name}: one button leads`).toBe(
          1,
        );
        expect(await page.getByLabel("Right email address").isVisible(), name).toBe(NEEDS_ANOTHER.has(title));
      }
    });

  test("no language makes a page wider than the window", async ({ page }) => {
    await registerOnPage(page, newPerson());
    await tellStates(page, { ...RETRYING, email: "christopher.montgomery@universityofexample.edu" });
    for (const language of LANGUAGES) {
      await speak(page, language);
      for (const path of ["/", "/register", "/confirm"]) {
        await page.goto(path);
        if (path === "/register") await page.locator('button[type="submit"]').first().click();
        if (path === "/confirm") await expect(currentStep(page)).toHaveAttribute("data-tone", "waiting");
        expect(await page.locator("html").getAttribute("lang")).toBe(tagOf(language));
        expect(await hasSidewaysScroll(page), `${path} in ${language}`).toBe(false);
      }
    }
  });
});

test.describe("at 400 % zoom of a small screen", () => {
  test.use({ viewport: { width: 320, height: 256 } });

  test("the whole way goes by keyboard alone, and what has the focus is seen and marked", async ({
    page,
  }) => {
    const person = newPerson();
    await page.goto("/register");
    const tabTo = async (name: string) => {
      const isThere = () =>
        page.evaluate((wanted) => document.activeElement?.getAttribute("name") === wanted, name);
      // The code's field may have the focus already.
      for (let tabs = 0; tabs < 20; tabs++) {
        if (await isThere()) return;
        await page.keyboard.press("Tab");
        await expect.poll(() => describeUnseenFocus(page)).toBe(null);
      }
      throw new Error(`Tab does not lead to ${name}`);
    };
    for (const [name, value] of Object.entries(person)) {
      await tabTo(name);
      await page.keyboard.type(value);
    }
    expect(await hasSidewaysScroll(page)).toBe(false);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/confirm");
    const code = codeIn(await nextMail(person.email));
    await tabTo("code");
    expect(await hasSidewaysScroll(page)).toBe(false);
    await page.keyboard.type(code);
    await page.waitForURL("**/account");
    expect(await hasSidewaysScroll(page)).toBe(false);
  });
});

/** Null when what has the focus is in the window, and has a ring or, the code's boxes, a thicker edge. */
function describeUnseenFocus(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    const focused = document.activeElement;
    // Between the last element of the page and the first.
    if (!(focused instanceof HTMLElement) || focused === document.body) return null;
    const { top, bottom } = focused.getBoundingClientRect();
    if (top < 0 || bottom > window.innerHeight) return `${focused.outerHTML} is at ${top} to ${bottom}`;
    const box = document.querySelector("[data-active]");
    const isMarked =
      focused.id === "code"
        ? box !== null && getComputedStyle(box).borderTopWidth === "2px"
        : getComputedStyle(focused).outlineStyle !== "none";
    return isMarked ? null : `${focused.outerHTML} is not marked`;
  });
}

test("Caps Lock is said while a password is typed with it, and no longer", async ({ page }) => {
  await page.goto("/register");
  const field = page.getByLabel("Password", { exact: true });
  const press = (modifierCapsLock: boolean) =>
    field.evaluate(
      (input, isOn) =>
        input.dispatchEvent(
          new KeyboardEvent("keydown", { key: "A", bubbles: true, modifierCapsLock: isOn }),
        ),
      modifierCapsLock,
    );
  await expect(page.getByRole("button", { name: "Show password" })).toBeVisible();
  await press(true);
  await expect(page.getByText("Caps Lock is on")).toBeVisible();
  await press(false);
  await expect(page.getByText("Caps Lock is on")).toBeHidden();
});

test("a question about an address stays beside its error, and one tap mends both", async ({ page }) => {
  const person = newPerson();
  await page.goto("/register");
  await fillRegistration(page, { ...person, email: `Ada <${person.email}>` });
  const question = page.getByRole("button", { name: person.email });
  await page.getByLabel("Username").focus();
  await expect(question).toBeVisible();
  const hint = page.getByText("We send a 6-digit code to this address.");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("This is not a valid email address.")).toBeVisible();
  await expect(question).toBeVisible();
  await expect(hint).toHaveCount(0);
  await expectNoViolations(page, { state: "error and question" });
  await question.click();
  await expect(page.getByLabel("Email address")).toHaveValue(person.email);
  await expect(page.getByText("This is not a valid email address.")).toHaveCount(0);
  await expect(hint).toBeVisible();
  await page.getByLabel("Email address").fill("ada");
  await page.getByLabel("Username").focus();
  await expect(page.getByText("The @ is missing")).toBeVisible();
  await expect(hint).toBeHidden();
  // A question that comes now is read out: its live region has not gone with the hint.
  await expect(page.locator("#field-email-note").getByRole("status")).toBeAttached();
  await expect(page.getByLabel("Email address")).toHaveAccessibleDescription(
    "The @ is missing: it should look like name@example.com.",
  );
  await page.getByLabel("Email address").fill(person.email);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/confirm");
});

test("what was typed into the registration is there again after going away and back, the password aside", async ({
  page,
}) => {
  const person = newPerson();
  await page.goto("/register");
  await fillRegistration(page, person);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.waitForURL("**/sign-in");
  await page.goBack();
  await expect(page.getByLabel("Username")).toHaveValue(person.username);
  await expect(page.getByLabel("Email address")).toHaveValue(person.email);
});

test("a lost connection is said, and the page is right again when it is back", async ({ page, context }) => {
  const person = newPerson();
  await registerOnPage(page, person);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const unsent = page.getByText("We could not reach our server.");
  await context.setOffline(true);
  try {
    await expect(page.getByText("Reconnecting")).toBeVisible();
    await nextMail(person.email);
    await codeField(page).fill("12345");
    await page.getByRole("button", { name: "Confirm", exact: true }).click();
    await expect(page.getByText("The code has 6 digits.")).toBeVisible();
  } finally {
    await context.setOffline(false);
  }
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expect(currentStep(page)).toContainText("Delivered");
  await expect(unsent).toHaveCount(0);
});

test("a code typed while the line was away is looked at once it is back, and a wrong one uses one try", async ({
  page,
  context,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const right = codeIn(await nextMail(person.email));
  const wrong = right === "000000" ? "111111" : "000000";
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const typeWithoutLine = async (code: string) => {
    await context.setOffline(true);
    try {
      await codeField(page).fill(code);
      await expect(page.getByText("We could not reach our server.")).toBeVisible();
    } finally {
      await context.setOffline(false);
    }
  };
  await typeWithoutLine(wrong);
  await expect(page.getByText("4 tries left")).toBeVisible();
  await expect(codeField(page)).toHaveValue("");
  await typeWithoutLine(right);
  await page.waitForURL("**/account");
});

test("a code that was taken back while the line was away is not sent, and whoever types elsewhere by then goes on", async ({
  page,
  context,
}) => {
  await registerOnPage(page, newPerson());
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const unsent = page.getByText("We could not reach our server.");
  const address = page.locator("#field-email");
  await context.setOffline(true);
  try {
    await codeField(page).fill("123456");
    await expect(unsent).toBeVisible();
    await codeField(page).fill("");
    await expect(unsent).toHaveCount(0);
    await page.getByText("Wrong address?").click();
    await address.pressSequentially("some");
  } finally {
    await context.setOffline(false);
  }
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.keyboard.type("one.else@example.org");
  await expect(address).toHaveValue("someone.else@example.org");
  await expect(page.getByText("tries left")).toHaveCount(0);
});

test("a code that got lost on the way goes out again by itself, although the page's own line was never away", async ({
  page,
}) => {
  await page.clock.install();
  const person = newPerson();
  await registerOnPage(page, person);
  const code = codeIn(await nextMail(person.email));
  // A line that comes up now would take the code along at once.
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  let lost = 0;
  await page.route("**/api/v1/usr/confirm-email", (route) => (lost++ < 2 ? route.abort() : route.continue()));
  await codeField(page).fill(code);
  await expect(page.getByText("Your code stays here")).toBeVisible();
  await page.clock.fastForward(10_000);
  await expect.poll(() => lost).toBe(2);
  await expect(page.getByText("Your code stays here")).toBeVisible();
  await page.clock.fastForward(20_000);
  await page.waitForURL("**/account");
});

test("a code that got lost on the way does not go out for another address, to which it was never sent", async ({
  page,
}) => {
  await page.clock.install();
  await registerOnPage(page, newPerson());
  let asked = 0;
  let isLost = true;
  await page.route("**/api/v1/usr/confirm-email", (route) => {
    asked += 1;
    return isLost ? route.abort() : route.continue();
  });
  await codeField(page).fill("123456");
  await expect(page.getByText("Your code stays here")).toBeVisible();
  await page.getByText("Wrong address?").click();
  await page.locator("#field-email").fill(newPerson().email);
  await page.getByRole("button", { name: "Send the code there" }).click();
  await expect(page.getByText("Your code stays here")).toHaveCount(0);
  await expect(codeField(page)).toHaveValue("");
  // Before, it may have gone out again more than once, to be lost again: when the page's line came up, or 10 s passed.
  isLost = false;
  asked = 0;
  await page.clock.fastForward(60_000);
  await expect(currentStep(page)).toContainText("Delivered");
  expect(asked).toBe(0);
});

test("of a code that is still to go out, the page says so in the language that it is switched to", async ({
  page,
}) => {
  await registerOnPage(page, newPerson());
  await page.route("**/api/v1/usr/confirm-email", (route) => route.abort());
  await codeField(page).fill("123456");
  await expect(page.getByText("Your code stays here")).toBeVisible();
  await page.locator('select[name="language"]').selectOption("de");
  await page.getByRole("button", { name: "Use this language" }).click();
  await expect(page.getByText("Dein Code bleibt hier stehen")).toBeVisible();
  await expect(page.getByText("Your code stays here")).toHaveCount(0);
});

test("a code that the server could not look at goes out again when it said to come back", async ({
  page,
}) => {
  const person = newPerson();
  await registerOnPage(page, person);
  const code = codeIn(await nextMail(person.email));
  let asked = 0;
  await page.route("**/api/v1/usr/confirm-email", (route) => {
    asked += 1;
    if (asked > 2) return route.continue();
    const body = JSON.stringify({ code: "unavailable", status: 503, detail: "The database is away." });
    const headers = { "content-type": "application/problem+json", "retry-after": "1" };
    return route.fulfill({ status: 503, headers, body });
  });
  await codeField(page).fill(code);
  await expect(page.getByText("The database is away.")).toBeVisible();
  await page.waitForURL("**/account");
  expect(asked).toBe(3);
});

test("what could not be sent for another code or address is not said any more once the browser is online", async ({
  page,
  context,
}) => {
  await registerOnPage(page, newPerson());
  const allowed = makeConfirmation(arrived, {
    code: works,
    resend: { ...resend, allowed: true, next_allowed_at: null },
  });
  await tellStates(page, allowed);
  await page.reload();
  // Until it is told, the page has the real address, and the form of another one begins anew: closed.
  await expect(page.getByText(allowed.email)).toBeVisible();
  const again = page.getByRole("button", { name: "Resend code" });
  await expect(again).not.toHaveAttribute("aria-disabled");
  await page.locator("summary").click();
  await page.getByLabel("Right email address").fill(newPerson().email);
  const unsent = page.getByText("We could not reach our server.");
  await context.setOffline(true);
  try {
    await again.click();
    await expect(unsent).toHaveCount(1);
    await page.getByRole("button", { name: "Send the code there" }).click();
    await expect(unsent).toHaveCount(2);
  } finally {
    await context.setOffline(false);
  }
  await expect(unsent).toHaveCount(0);
});

test("a page that cannot show what it is told says so, keeps its language, and goes on from there", async ({
  page,
}) => {
  await registerOnPage(page, newPerson());
  await speak(page, "fr");
  await page.route("**/confirmation/events", (route) =>
    route.fulfill({
      contentType: "text/event-stream",
      body: 'event: confirmation\ndata: {"confirmed":false,"server_time":"2026-11-24T10:00:00.000Z"}\n\n',
    }),
  );
  await page.goto("/confirm");
  const again = page.getByRole("button", { name: "Réessayer" });
  await expect(again).toBeVisible();
  await expect(page).toHaveTitle("Une erreur s’est produite · Latchkey");
  await expectNoViolations(page, { state: "failure" });
  await page.unroute("**/confirmation/events");
  await again.click();
  await expect(page.locator("#code")).toBeVisible();
});

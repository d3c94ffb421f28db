// Whatever comes, what people look at and press stays where it is, in the languages with the longest words. The server's
// part is told here, as the API tells it. And forced colours (Windows' high contrast), where only edges and words count.
import { expect, type Page, test } from "@playwright/test";
import type { Confirmation } from "@/domain/confirmation-state";
import { makeConfirmation } from "../support/confirmations";
import { currentStep, hasSidewaysScroll, registerOnPage, speak } from "../support/pages";
import { newPerson } from "../support/people";
import { tellStates } from "../support/told-states";

const LONG_ADDRESS = "christopher.montgomery@universityofexample.edu";
const at = (seconds: number) =>
  new Date(Date.parse("2026-11-24T10:00:00.000Z") + seconds * 1000).toISOString();
const because = (code: string) => ({ code, message: "As the API would say it." });
const tell = (delivery: Parameters<typeof makeConfirmation>[0], rest: Partial<Confirmation> = {}) =>
  makeConfirmation(delivery, {
    email: LONG_ADDRESS,
    resend: { allowed: false, next_allowed_at: at(60), reason: "cooldown" },
    ...rest,
  });
const arrived = { status: "delivered" as const, attempt: 1, sent_at: at(3), delivered_at: at(5) };
const works = { tries_left: 5, expires_at: at(900), next_try_at: null };
const retrying = { status: "retrying" as const, attempt: 5, next_attempt_at: at(930) };

/** The longest of each place, and those that are short. */
const STATES: readonly Confirmation[] = [
  tell({ queued_at: at(29) }),
  tell({}),
  tell({ status: "sending", attempt: 3 }),
  tell({ ...retrying, reason: because("timeout") }),
  tell({ ...retrying, reason: because("credentials_refused") }),
  // The countdown's end.
  tell({ ...retrying, next_attempt_at: at(20), reason: because("reply_timed_out") }),
  tell({ status: "sent", attempt: 1, sent_at: at(3), reason: because("delayed") }, { code: works }),
  tell(arrived, { code: works }),
  tell(arrived, { code: { ...works, tries_left: 0 } }),
  tell(arrived, { code: { ...works, next_try_at: at(600) } }),
  tell(arrived, { resend: { allowed: false, next_allowed_at: at(86_000), reason: "limit" } }),
  tell(arrived, { resend: { allowed: true, next_allowed_at: null, reason: null } }),
  tell({ ...arrived, status: "complained" }, { code: works }),
  tell({ status: "failed", attempt: 6, reason: because("sender_refused") }),
  tell({ status: "cancelled", reason: because("called_off") }),
  tell({ status: "bounced", sent_at: at(3), reason: because("address_not_supported") }),
  tell({ status: "bounced", sent_at: at(3), reason: because("mailbox_full_for_now") }),
].map((state, index) => ({ ...state, registered_at: at(-index) }));

const PLACES = {
  status: 'p[role="status"]',
  code: "#code",
  note: "#code-note",
  submit: 'form[action$="/confirm-email"] button',
  resend: 'form[action$="/resend-confirmation"] button',
  change: "summary",
};

/** From the top of the page, in px. */
const topsOf = (page: Page, places: Record<string, string>) =>
  page.evaluate(
    (selectors) =>
      Object.fromEntries(
        Object.entries(selectors).map(([name, selector]) => {
          const top = document.querySelector(selector)?.getBoundingClientRect().top;
          return [name, top === undefined ? "is not there" : Math.round(top + window.scrollY)];
        }),
      ),
    places,
  );

/** The smallest phone, one as they are sold, and a page with room beside its words. */
const WIDTHS = [320, 390, 768];

// A language each, so that they run beside each other; the page is told once what it is looked at in each width.
for (const language of ["en", "de", "fr", "es", "pt"])
  test(`nothing on the confirm page moves with the mail, and a long address fits, in any width (${language})`, async ({
    page,
  }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await registerOnPage(page, newPerson());
    const [first] = STATES;
    if (!first) throw new Error("There are no states");
    const show = await tellStates(page, first);
    await speak(page, language);
    await page.goto("/confirm");
    const tops = new Map<number, Record<string, number | string>>();
    for (const state of STATES) {
      await show(state);
      // Tells this state from all others.
      await expect(page.locator(`ol time[datetime="${state.registered_at}"]`)).toBeVisible();
      await expect(page.getByText(LONG_ADDRESS).first()).toBeVisible();
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        const name = `${width} px: ${state.delivery?.status}, ${state.registered_at}`;
        const found = await topsOf(page, PLACES);
        if (!tops.has(width)) tops.set(width, found);
        expect(found, name).toEqual(tops.get(width));
        expect(await hasSidewaysScroll(page), name).toBe(false);
      }
    }
  });

test("how fresh the page is stands on the line of its heading, and moves nothing when it changes", async ({
  page,
  context,
}) => {
  await registerOnPage(page, newPerson());
  // Nothing comes any more: a stream that is open goes on while the browser is said to be offline, and would tell it.
  await expect(currentStep(page)).toContainText("Delivered");
  const heading = page.locator("#mail-heading");
  const badge = page.locator("#mail-heading + span span.relative");
  /** Where the first line of an element stands: the foot of something without a size at its beginning. */
  const lineOf = (place: typeof heading) =>
    place.evaluate((element) => {
      const probe = document.createElement("span");
      probe.style.display = "inline-block";
      element.prepend(probe);
      const { bottom } = probe.getBoundingClientRect();
      probe.remove();
      return Math.round((bottom + window.scrollY) * 10) / 10;
    });
  const tops = () => topsOf(page, { heading: "#mail-heading", first: "ol > li", ...PLACES });
  const badgeIsOnItsLine = async (name: string) =>
    expect(await lineOf(badge), name).toBeCloseTo(await lineOf(heading), 0);
  const widths = [320, 360, 768];
  for (const language of ["de", "pt", "fr", "es", "fa", "ja"]) {
    await speak(page, language);
    await page.goto("/confirm");
    await expect(badge.locator(".rounded-full.bg-done-fg")).toBeVisible();
    const before = new Map<number, Awaited<ReturnType<typeof tops>>>();
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      before.set(width, await tops());
      await badgeIsOnItsLine(`${language}, ${width} px wide`);
    }
    await context.setOffline(true);
    await expect(badge.locator("svg")).toBeVisible();
    for (const width of widths) {
      const name = `offline in ${language}, ${width} px wide`;
      await page.setViewportSize({ width, height: 800 });
      expect(await tops(), name).toEqual(before.get(width));
      await badgeIsOnItsLine(name);
    }
    await context.setOffline(false);
  }
});

test("nothing on the registration page moves with Caps Lock, a suggestion or an error on the smallest phone", async ({
  page,
}) => {
  await page.setViewportSize({ width: 320, height: 800 });
  const places = {
    email: "#field-email",
    password: "#field-password",
    submit: 'form[action$="/register"] button[type="submit"]',
  };
  for (const language of ["en", "de", "fr", "es", "pt"]) {
    await speak(page, language);
    await page.goto("/register");
    // There with the script.
    await expect(page.locator('[aria-controls="field-password"]')).toBeVisible();
    const tops = await topsOf(page, places);
    await page.locator("#field-username").fill("Ünïcödé");
    await page.locator("#field-email").fill("christopher.montgomery@gmial.com");
    await page.locator("#field-password").press("a");
    await page
      .locator("#field-password")
      .evaluate((input) =>
        input.dispatchEvent(
          new KeyboardEvent("keydown", { key: "A", bubbles: true, modifierCapsLock: true }),
        ),
      );
    await expect(page.locator("#field-username")).toHaveAttribute("aria-invalid", "true");
    await expect(page.locator('form [role="status"].text-waiting-fg')).toHaveText(/\S/);
    const suggestion = page.locator("#field-email-note button");
    await expect(suggestion).toBeVisible();
    expect((await suggestion.boundingBox())?.height, "for a thumb").toBeGreaterThanOrEqual(44);
    expect(await topsOf(page, places), language).toEqual(tops);
    await page.locator("#field-email").fill("");
    await page.locator("#field-username").focus();
  }
});

test("the front page’s demo keeps its height whatever it tells, on the smallest phone", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.setViewportSize({ width: 320, height: 800 });
  for (const language of ["en", "de", "fr", "es", "pt"]) {
    await speak(page, language);
    await page.goto("/");
    const demo = page.locator('section[aria-labelledby="demo-heading"]');
    const height = (await demo.boundingBox())?.height;
    const told = new Set<string>();
    for (let frames = 0; frames < 15; frames++) {
      await demo.getByRole("button").nth(1).click();
      told.add(await currentStep(page).innerText());
      expect((await demo.boundingBox())?.height, [...told].join("; ")).toBe(height);
    }
    expect(told.size).toBeGreaterThan(4);
  }
});

test("with forced colours a button has an edge, the chosen case is seen, and the code’s boxes are whole", async ({
  page,
}) => {
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  await page.goto("/");
  const lookOf = (selector: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => {
        const { backgroundColor, borderTopStyle, borderTopWidth, forcedColorAdjust } =
          getComputedStyle(element);
        return { backgroundColor, edge: `${borderTopWidth} ${borderTopStyle}`, forcedColorAdjust };
      });
  const [chosen, other] = [
    await lookOf("label:has(:checked)"),
    await lookOf("label:has(input:not(:checked))"),
  ];
  expect(chosen.backgroundColor).not.toBe(other.backgroundColor);
  await registerOnPage(page, newPerson());
  expect((await lookOf(PLACES.submit)).edge).toBe("1px solid");
  // Nothing is painted behind its letters, over the boxes.
  expect((await lookOf(PLACES.code)).forcedColorAdjust).toBe("none");
});

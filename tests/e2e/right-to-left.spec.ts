// The main job in Arabic: the page is written from right to left, and what is not Arabic in it still reads as it should.
import { expect, type Locator, type Page, test } from "@playwright/test";
import { expectNoViolations } from "../support/axe";
import { codeIn, nextMail } from "../support/mailbox";
import { hasSidewaysScroll } from "../support/pages";
import { newPerson, type Person } from "../support/people";

const ARABIC_INDIC_ZERO = 0x0660;

test.use({ locale: "ar", viewport: { width: 320, height: 800 } });

async function registerInArabic(page: Page, person: Person): Promise<void> {
  await page.goto("/register");
  await page.getByLabel("اسم المستخدم").fill(person.username);
  await page.getByLabel("البريد الإلكتروني").fill(person.email);
  await page.getByLabel("كلمة المرور", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "إنشاء الحساب" }).click();
  await page.waitForURL("**/confirm");
}

async function leftOf(locator: Locator): Promise<number> {
  const box = await locator.boundingBox();
  if (!box) throw new Error("Nothing is there to measure");
  return box.x;
}

test("register, confirm with Arabic-Indic digits, be in: on a phone, from right to left", async ({
  page,
}) => {
  const person = newPerson();
  await registerInArabic(page, person);
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page.locator("html")).toHaveAttribute("lang", "ar");
  await expect(page.locator('ol [aria-current="step"]')).toContainText("تم التسليم");
  expect(await hasSidewaysScroll(page)).toBe(false);
  await expectNoViolations(page);

  const mail = await nextMail(person.email);
  expect(mail.html).toMatch(/<html[^>]*dir="rtl"[^>]*lang="ar"|<html[^>]*lang="ar"[^>]*dir="rtl"/);
  expect(mail.subject).toContain(codeIn(mail));

  // The boxes fill from the left, as digits do in Arabic too, and the field holds what the mail shows.
  const field = page.getByLabel("رمز التأكيد");
  const typed = [...codeIn(mail)].map((digit) => String.fromCodePoint(ARABIC_INDIC_ZERO + Number(digit)));
  await field.pressSequentially(typed.slice(0, 5).join(""));
  await expect(field).toHaveValue(codeIn(mail).slice(0, 5));
  expect(await field.evaluate((input) => getComputedStyle(input).direction)).toBe("ltr");
  await field.pressSequentially(typed[5] ?? "");

  await page.waitForURL("**/account");
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(person.username);
  expect(await hasSidewaysScroll(page)).toBe(false);
  await expectNoViolations(page);
});

test("errors are told in Arabic, and the page stands on the right side", async ({ page }) => {
  await page.goto("/register");
  await page.getByRole("button", { name: "إنشاء الحساب" }).click();
  await expect(page.getByText("يُرجى اختيار اسم مستخدم.")).toBeVisible();
  await expectNoViolations(page);
  const password = page.getByLabel("كلمة المرور", { exact: true });
  expect(await leftOf(page.getByRole("button", { name: "إظهار كلمة المرور" }))).toBe(await leftOf(password));
});

test("a typed address keeps its own direction, and begins on the right", async ({ page }) => {
  await page.goto("/register");
  const field = page.getByLabel("البريد الإلكتروني");
  await field.fill("ada@example.com");
  const style = await field.evaluate((input) => {
    const { unicodeBidi, textAlign } = getComputedStyle(input);
    return { unicodeBidi, textAlign };
  });
  expect(style).toEqual({ unicodeBidi: "plaintext", textAlign: "right" });
});

test("the API takes the digits that people type in Arabic, Persian and Japanese", async ({ page }) => {
  for (const zero of [ARABIC_INDIC_ZERO, 0x06f0, 0xff10]) {
    const person = newPerson();
    await page.context().clearCookies();
    await registerInArabic(page, person);
    const code = codeIn(await nextMail(person.email));
    const typed = [...code].map((digit) => String.fromCodePoint(zero + Number(digit))).join("");
    const status = await page.evaluate(
      async (body) =>
        (
          await fetch("/api/v1/usr/confirm-email", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body,
          })
        ).status,
      JSON.stringify({ code: typed }),
    );
    expect(status).toBe(200);
  }
});

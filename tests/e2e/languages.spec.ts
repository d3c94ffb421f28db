// What every page says of itself in every language, and what speaks a person's language where no page brings the texts.
import { expect, test } from "@playwright/test";
import { LANGUAGES } from "../../messages/languages";
import { newAccount, signInAs } from "../support/accounts";
import { registerOnPage, speak } from "../support/pages";
import { newPerson } from "../support/people";

test.use({ locale: "de" });

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

for (const path of ["/", "/register", "/sign-in", "/confirm", "/confirm/link", "/not-me", "/no-such-page"])
  test(`${path} has a title and a description in each language`, async ({ request }) => {
    const told = await Promise.all(
      LANGUAGES.map(async (language) => {
        const html = await (await request.get(path, { headers: { "accept-language": language } })).text();
        return {
          title: [...html.matchAll(/<title>([^<]+)<\/title>/g)].map(([, text]) => text),
          description: [...html.matchAll(/<meta name="description" content="([^"]+)"/g)].map(
            ([, text]) => text,
          ),
        };
      }),
    );
    for (const { title, description } of told) {
      expect(title).toHaveLength(1);
      expect(description).toHaveLength(1);
    }
    expect(new Set(told.map(({ title }) => title[0])).size).toBe(LANGUAGES.length);
    expect(new Set(told.map(({ description }) => description[0])).size).toBe(LANGUAGES.length);
  });

test("devices are named in the language of the page", async ({ page }) => {
  const person = await newAccount();
  await signInAs(person, FIREFOX);
  await page.goto("/sign-in");
  await page.getByLabel("Benutzername oder E-Mail-Adresse").fill(person.username);
  await page.getByLabel("Passwort", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Anmelden" }).click();
  await page.waitForURL("**/account");
  await expect(page.getByText("Firefox unter Windows")).toBeVisible();
  await expect(page.getByRole("button", { name: /Firefox unter Windows/ })).toBeVisible();
});

test("when not even the frame of a page can be made, that is said in the language of the page", async ({
  page,
}) => {
  // A frame whose own text was lost on the way.
  await page.route("**/sign-in", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll("language.label", "language.lost");
    await route.fulfill({ response, body });
  });
  await page.goto("/sign-in");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Bei uns ist etwas schiefgegangen");
  await expect(page.getByRole("button", { name: "Noch einmal versuchen" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(page).toHaveTitle("Etwas ist schiefgegangen · Latchkey");
});

test("whoever chooses a language at the foot of a page reads that page in it, and the next ones too", async ({
  page,
}) => {
  await page.goto("/register#top");
  await page.getByRole("combobox", { name: "Sprache" }).selectOption("fr");
  await page.getByRole("button", { name: "Diese Sprache verwenden" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "fr");
  expect(new URL(page.url())).toMatchObject({ pathname: "/register", hash: "#top" });
  await page.goto("/sign-in");
  await expect(page.locator("html")).toHaveAttribute("lang", "fr");
});

test("WCAG 3.2.2: going through the languages by keyboard changes nothing until one is taken, and the focus is there again", async ({
  page,
}) => {
  await page.goto("/register");
  const password = page.getByLabel("Passwort", { exact: true });
  await expect(page.getByRole("button", { name: "Passwort anzeigen" })).toBeVisible();
  await password.fill("correct horse battery");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const list = page.locator('select[name="language"]');
  await list.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(list).toHaveValue("es");
  await expect(list).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Diese Sprache verwenden" })).toBeFocused();
  expect(asked).toEqual([]);
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(password).toHaveValue("correct horse battery");

  const name = page.getByRole("textbox").first();
  await name.fill("a");
  await password.focus();
  await expect(page.getByText("Nimm mindestens 3 Zeichen.")).toBeVisible();
  await page.getByRole("button", { name: "Diese Sprache verwenden" }).press("Enter");
  await expect(page.locator("html")).toHaveAttribute("lang", "es");
  await expect(list).toBeFocused();
  await expect(list).toHaveValue("es");
  // The words change around what is typed, and what is wrong is said in them.
  await expect(page.getByLabel("Contraseña", { exact: true })).toHaveValue("correct horse battery");
  await expect(page.getByText("Nimm mindestens 3 Zeichen.")).toHaveCount(0);
  await expect(name).toHaveAttribute("aria-invalid", "true");
  // By that choice alone: a page that is looked at anew begins at its top.
  await page.reload();
  await expect(page.getByRole("combobox", { name: "Idioma" })).toBeVisible();
  await expect(list).not.toBeFocused();
});

test("what the server said is not left in the language of before", async ({ page }) => {
  const choose = async (language: string) => {
    await page.locator('select[name="language"]').selectOption(language);
    await page.locator('form[action="/language"] button').click();
    await expect(page.locator("html")).toHaveAttribute("lang", language);
  };
  for (const path of ["/confirm/link", "/not-me"]) {
    await speak(page, "de");
    await page.goto(`${path}#xlRmFqjRUEdR3y2BJ8QdeK1ZpJ0o4t7c`);
    await expect(page.getByRole("heading", { name: "Dieser Link funktioniert nicht" })).toBeVisible();
    const said = (await page.getByRole("main").locator("p").first().textContent()) ?? "";
    expect(said).toContain("Link");
    await choose("es");
    await expect(page.getByRole("main").locator("p").first()).toContainText("enlace");
    await expect(page.getByText(said)).toHaveCount(0);
  }
  await speak(page, "en");
  await registerOnPage(page, newPerson());
  await speak(page, "de");
  await page.goto("/confirm");
  const code = page.locator("#code");
  await code.fill("000000");
  const wrong = page.getByText("Du hast noch 4 Versuche");
  await expect(wrong).toBeVisible();
  await choose("es");
  await expect(wrong).toHaveCount(0);
  await expect(code).not.toHaveAttribute("aria-invalid", "true");
});

test("a language is chosen without JavaScript too, and a form can lead nobody to another site", async ({
  request,
}) => {
  const choose = (form: Record<string, string>) =>
    request.post("/language", { form, maxRedirects: 0, headers: { "sec-fetch-site": "same-origin" } });
  const chosen = await choose({ language: "ja", back: "/sign-in" });
  expect([chosen.status(), chosen.headers().location]).toEqual([303, "/sign-in"]);
  expect(await (await request.get("/sign-in")).text()).toContain('<html lang="ja"');
  for (const [back, location] of [
    ["//example.com", "/"],
    ["/sign-in?other", "/sign-in?other"],
    ["/sign-in?other=//example.com", "/"],
    ["/sign-in?next=//example.com", "/"],
  ] as const)
    expect((await choose({ language: "de", back })).headers().location).toBe(location);
  expect((await choose({ language: "xx", back: "/" })).status()).toBe(422);
});

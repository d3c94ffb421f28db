// PROOF_OF_WORK, in a product of its own: what people and clients meet while unusually many register.
import { expect, test } from "@playwright/test";
import { startOwnProduct } from "../support/own-product";
import { fillRegistration, registerOnPage } from "../support/pages";
import { callApi, newPerson } from "../support/people";
import type { Product } from "../support/product";

test.describe.configure({ mode: "default" });

let product: Product;
test.beforeAll(async () => {
  product = await startOwnProduct("e2e-proof", { PROOF_OF_WORK: "always", RATE_LIMITS: "off" });
});
test.afterAll(() => product?.stop());

test("the browser does the sum by itself, and the person notices nothing but a longer wait", async ({
  browser,
}) => {
  const page = await browser.newPage({ baseURL: product.url });
  const answers: number[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith("/usr/register")) answers.push(response.status());
  });
  await registerOnPage(page, newPerson());
  expect(answers).toEqual([428, 201]);
  await page.close();
});

test("without JavaScript the form says what is missing, with what was typed", async ({ browser }) => {
  const page = await browser.newPage({ baseURL: product.url, javaScriptEnabled: false });
  await page.goto("/register");
  const person = newPerson();
  await fillRegistration(page, person);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("please switch JavaScript on, or try again later")).toBeVisible();
  await expect(page.getByLabel("Email address")).toHaveValue(person.email);
  await page.close();
});

test("a client is told what to bring: 428 with a code and an ALTCHA challenge; what is too long is refused", async () => {
  const refused = await callApi("/api/v1/usr/register", { body: newPerson() });
  expect(refused.status).toBe(428);
  expect(refused.headers.get("content-type")).toContain("application/problem+json");
  expect(await refused.json()).toMatchObject({
    code: "proof_required",
    proof: { parameters: { algorithm: "PBKDF2/SHA-256", cost: 5000 }, signature: expect.any(String) },
  });
  const long = await callApi("/api/v1/usr/register", { body: { ...newPerson(), proof: "a".repeat(5_000) } });
  expect(long.status).toBe(422);
  expect(await long.json()).toMatchObject({ errors: [{ field: "proof", code: "invalid" }] });
});

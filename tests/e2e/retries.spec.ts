// Mails that fail, seen live on the page, with the engine's clock moved. A product of their own, as the clock is
// everybody's, and one after another for the same reason.
import { type Browser, expect, test } from "@playwright/test";
import { advanceEngineClock } from "../support/engine";
import { breakProvider, calmProvider, codeIn, countMails, nextMail } from "../support/mailbox";
import { startOwnProduct } from "../support/own-product";
import { codeField, currentStep, registerOnPage, statusLine } from "../support/pages";
import { callApi, newPerson, register } from "../support/people";
import type { Product } from "../support/product";
import { idOf, letTimePass, readLedger } from "../support/time";

test.describe.configure({ mode: "serial" });

let product: Product;
test.beforeAll(async () => {
  product = await startOwnProduct("e2e-retries", {});
});
test.afterEach(calmProvider);
test.afterAll(() => product?.stop());

const openPage = (browser: Browser) => browser.newPage({ baseURL: product.url });

type Confirmation = {
  delivery: {
    id: string;
    status: string;
    attempt: number;
    next_attempt_at: string | null;
    reason: { message: string } | null;
  };
};

const confirmationOf = async (token: string) =>
  (await (await callApi("/api/v1/usr/confirmation", { token })).json()) as Confirmation;

/** Waits until attempt `attempt` has ended, and answers the state. */
async function afterAttempt(token: string, attempt: number): Promise<Confirmation["delivery"]> {
  await expect
    .poll(async () => {
      const { delivery } = await confirmationOf(token);
      return `${delivery.attempt} ${["queued", "sending"].includes(delivery.status) ? "under way" : "ended"}`;
    })
    .toBe(`${attempt} ended`);
  return (await confirmationOf(token)).delivery;
}

test("a mail that fails twice and then goes out, live on the page", async ({ browser }) => {
  const page = await openPage(browser);
  const person = newPerson("retry2");
  await registerOnPage(page, person);
  await expect(currentStep(page)).toContainText("Retrying");
  await expect(currentStep(page)).toContainText(/next try in (1:00|0:5\d) \(attempt 2 of 6\)/);
  await expect(statusLine(page)).toContainText("Attempt 1 of 6 failed");
  await expect(page).toHaveTitle(/Retrying/);
  await advanceEngineClock(61);
  await expect(currentStep(page)).toContainText("(attempt 3 of 6)");
  await advanceEngineClock(121);
  await expect(currentStep(page)).toContainText(/Sent|Delivered/);
  expect(await countMails(person.email)).toBe(1);
  await codeField(page).fill(codeIn(await nextMail(person.email)));
  await page.waitForURL("**/account");
  await page.close();
});

test("retries come after exactly 60, 120, 240, 480 and 900 s; after the sixth attempt it has failed, and says why", async () => {
  const { access_token: token, delivery } = await register(newPerson("fail"));
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 5; attempt++) {
    const state = await afterAttempt(token, attempt);
    expect(state.status).toBe("retrying");
    const ended = (await readLedger(delivery.id)).at(-1)?.ended_at?.getTime() ?? 0;
    waits.push((Date.parse(state.next_attempt_at ?? "") - ended) / 1000);
    // Not before its time on the engine's clock, and then at once.
    const wait = waits.at(-1) ?? 0;
    await advanceEngineClock(wait - 40);
    expect((await confirmationOf(token)).delivery).toMatchObject({ status: "retrying", attempt });
    await advanceEngineClock(41);
  }
  expect(waits).toEqual([60, 120, 240, 480, 900]);
  const end = await afterAttempt(token, 6);
  expect(end).toMatchObject({
    status: "failed",
    next_attempt_at: null,
    reason: { message: expect.stringMatching(/\.$/) },
  });
  expect((await readLedger(delivery.id)).map((row) => row.outcome)).toEqual(
    Array.from({ length: 6 }, () => "failed"),
  );
});

test("after six failures the person reads why, asks for another code, and is in", async ({ browser }) => {
  const page = await openPage(browser);
  const person = newPerson();
  await breakProvider();
  await registerOnPage(page, person);
  for (const [index, seconds] of [60, 120, 240, 480, 900].entries()) {
    await expect(currentStep(page)).toContainText(`(attempt ${index + 2} of 6)`);
    await advanceEngineClock(seconds + 1);
  }
  await expect(currentStep(page)).toContainText("Failed");
  await expect(statusLine(page)).toContainText("We have stopped trying");
  expect(await countMails(person.email)).toBe(0);

  await calmProvider();
  await letTimePass(await idOf(person.username), 31 * 60);
  await page.reload();
  await page.getByRole("button", { name: "Resend code" }).click();
  await expect(currentStep(page)).toContainText(/Sent|Delivered/);
  await codeField(page).fill(codeIn(await nextMail(person.email)));
  await page.waitForURL("**/account");
  await page.close();
});

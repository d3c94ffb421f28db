// EMAIL_RATE_LIMIT, EMAIL_CONCURRENCY and EMAIL_FAILOVER in the running product: Resend refuses its key, so every mail
// goes by SMTP; both providers are the common product's mail server.
import { expect, test } from "@playwright/test";
import postgres from "postgres";
import { startOwnProduct } from "../support/own-product";
import { currentStep, fillRegistration } from "../support/pages";
import { newPerson, register } from "../support/people";
import type { Product } from "../support/product";
import { readRunning } from "../support/running";

test.describe.configure({ mode: "default" });

const PER_SECOND = 4;
const MAILS = 12;
/** So long the first mail may be on its way on a busy machine. */
const ON_THE_WAY_MS = 1_500;

let product: Product;
let sql: postgres.Sql;
let mailUrl: string;

test.beforeAll(async () => {
  const { postgres: common, mail } = readRunning();
  mailUrl = mail.url;
  const admin = postgres(common.url, { max: 1, onnotice: () => {} });
  await admin`drop database if exists sending with (force)`;
  await admin`create database sending`;
  await admin.end();
  const url = new URL(common.url);
  url.pathname = "/sending";
  sql = postgres(url.href, { max: 1, onnotice: () => {} });
  product = await startOwnProduct("e2e-sending", {
    DATABASE_URL: url.href,
    RESEND_API_KEY: "re_a_key_that_nobody_knows",
    RESEND_BASE_URL: mail.url,
    SMTP_URL: mail.smtp_url ?? "",
    EMAIL_FAILOVER: "smtp",
    EMAIL_RATE_LIMIT: String(PER_SECOND),
    EMAIL_CONCURRENCY: "1",
  });
});
test.afterAll(async () => {
  await product?.stop();
  await sql?.end();
});

type Listed = { received_at: string; via: string };

test("mails leave by the other provider, one after another, at the pace that is allowed", async () => {
  const people = Array.from({ length: MAILS }, () => newPerson());
  const registered = await Promise.all(people.map((person) => register(person)));
  const arrived = async (): Promise<Listed[]> => {
    const lists = await Promise.all(
      people.map(async ({ email }) => {
        const answer = await fetch(`${mailUrl}/_/mails?${new URLSearchParams({ to: email })}`);
        return ((await answer.json()) as { mails: Listed[] }).mails;
      }),
    );
    return lists.flat();
  };
  await expect.poll(async () => (await arrived()).length, { timeout: 60_000 }).toBe(MAILS);
  const mails = await arrived();
  expect(new Set(mails.map((mail) => mail.via))).toEqual(new Set(["smtp"]));

  const ids = registered.map(({ delivery }) => delivery.id);
  const attempts = await sql<
    { provider: string; outcome: string; code: string | null; from: Date; to: Date }[]
  >`
    select provider, outcome, error_code as code, started_at as from, ended_at as to
    from delivery_attempts where delivery_id = any(${ids}) order by started_at`;
  expect(attempts.filter(({ outcome }) => outcome === "accepted").map(({ provider }) => provider)).toEqual(
    Array.from({ length: MAILS }, () => "smtp"),
  );
  const refused = attempts.filter(({ outcome }) => outcome !== "accepted");
  expect(new Set(refused.map(({ provider, code }) => `${provider} ${code}`))).toEqual(
    new Set(["resend credentials_refused"]),
  );
  // After some refusals nobody asks Resend any more.
  expect(refused.length).toBeLessThan(MAILS);
  for (const [index, attempt] of attempts.entries())
    expect(attempt.from.getTime()).toBeGreaterThanOrEqual(attempts[index - 1]?.to.getTime() ?? 0);

  // Each is some time on its way, the first one most: it opens the connection. What holds whatever the way takes is that
  // the queue as a whole took its time; instants are checked to the millisecond in the tests of domain/send-pace.ts.
  const times = mails.map((mail) => Date.parse(mail.received_at)).sort((a, b) => a - b);
  const tookMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  expect(tookMs).toBeGreaterThan(((MAILS - 1) * 1_000) / PER_SECOND - ON_THE_WAY_MS);
});

test("who has a mailbox at Gmail is led to our mail in it once it is out, and nobody is asked before they press", async ({
  page,
}) => {
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  const person = newPerson();
  await page.goto(`${product.url}/register`);
  await fillRegistration(page, { ...person, email: person.email.replace("example.com", "gmail.com") });
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/confirm");
  const link = page.getByRole("link", { name: "Open Gmail in a new tab" });
  await expect(currentStep(page)).toContainText("Sent");
  await expect(link).toHaveAttribute("rel", "noopener noreferrer");
  await expect(link).toHaveAttribute("target", "_blank");
  const href = "https://mail.google.com/mail/u/0/#search/from%3Ahello%40latchkey.localhost+in%3Aanywhere";
  await expect(link).toHaveAttribute("href", href);
  expect([...hosts]).toEqual([new URL(product.url).host]);
  // Without JavaScript too: it stands in the page as the server sends it.
  expect(await (await page.request.get(`${product.url}/confirm`)).text()).toContain(`href="${href}"`);
});

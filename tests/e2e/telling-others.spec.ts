// Webhooks, Intercom and the canary in a product of its own: one journey from registering to the account's end, as an
// endpoint of somebody else's, Intercom and an operator see it.
import { readFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { Webhook } from "standardwebhooks";
import { advanceEngineClock } from "../support/engine";
import { codeIn, countMails, nextMail } from "../support/mailbox";
import { startOwnProduct } from "../support/own-product";
import { callApi, newPerson, register } from "../support/people";
import type { Product } from "../support/product";

test.describe.configure({ mode: "default" });

const SECRET = `whsec_${Buffer.from("a secret for tests that is long enough").toString("base64")}`;
const CONTACT_ID = "5ba682d23d7cf92bef87bfd4";
const SINK = "canary@sink.example";

type Seen = { what: string; headers: http.IncomingHttpHeaders; body: string };
const seen: Seen[] = [];
/** How the endpoint answers its next calls; afterwards 204. */
const hookAnswers: number[] = [];
let server: http.Server;
let product: Product;

test.beforeAll(async () => {
  server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const isHook = request.url === "/hook";
    seen.push({ what: `${request.method} ${request.url}`, headers: request.headers, body });
    if (isHook) return void response.writeHead(hookAnswers.shift() ?? 204).end();
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ type: "contact", id: CONTACT_ID }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  product = await startOwnProduct("e2e-telling", {
    // The way back of docs/decisions/033, and how hosts do it that run each handler by itself: behind Next's router. Only
    // the engine's functions tell others.
    DIRECT_CALLS: "off",
    WEBHOOK_URLS: `http://127.0.0.1:${port}/hook`,
    WEBHOOK_SECRET: SECRET,
    INTERCOM_ACCESS_TOKEN: "dG9rOnRlc3Q",
    INTERCOM_BASE_URL: `http://127.0.0.1:${port}`,
    CANARY_TO: SINK,
  });
});
test.afterAll(async () => {
  await product?.stop();
  server?.closeAllConnections();
  server?.close();
});

/** Ids of those who registered in these tests. */
const people = new Set<string>();

const calls = (what: string) => seen.filter((one) => one.what === what);

/** What the endpoint was told of one person, each verified; a type as often as it came. */
function toldOf(userId: string) {
  return calls("POST /hook")
    .map(({ headers, body }) => ({
      id: String(headers["webhook-id"]),
      event: new Webhook(SECRET).verify(body, headers as Record<string, string>) as {
        type: string;
        data: Record<string, string>;
      },
    }))
    .filter(({ event }) => event.data.user_id === userId);
}
const typesOf = (userId: string) => toldOf(userId).map(({ event }) => event.type);

async function signIn(page: Page): Promise<void> {
  const { opsPassword } = JSON.parse(readFileSync(path.join(product.dir, "secrets.json"), "utf8"));
  await page.goto(`${product.url}/ops/sign-in`);
  await page.getByLabel("Operator’s password").fill(String(opsPassword));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/ops");
}

async function waitOnPage(page: Page, address: string, words: string): Promise<void> {
  const read = async () => {
    await page.goto(`${product.url}${address}`);
    return page.locator("main").innerText();
  };
  await expect.poll(read, { timeout: 60_000 }).toContain(words);
}

test("an endpoint hears of registering and confirming, and an operator sees each try and sends one anew", async ({
  page,
}) => {
  const person = newPerson();
  hookAnswers.push(500);
  const registered = await register(person);
  const userId = registered.user_data.id;
  people.add(userId);
  const code = codeIn(await nextMail(person.email));
  // The first answer was no; the second try is five seconds later.
  await expect
    .poll(() => typesOf(userId), { timeout: 60_000 })
    .toEqual(["user.registered", "user.registered"]);
  const confirmed = await callApi("/api/v1/usr/confirm-email", {
    token: registered.access_token,
    body: { code },
  });
  const { access_token: token } = (await confirmed.json()) as { access_token: string };
  await expect.poll(() => typesOf(userId), { timeout: 60_000 }).toContain("user.confirmed");
  expect(JSON.stringify(calls("POST /hook").map(({ body }) => body))).not.toContain(person.email);

  await signIn(page);
  await waitOnPage(page, "/ops/webhooks", "user.confirmed");
  await expect(page.getByText("2 delivered, 0 waiting, 0 failed")).toBeVisible();
  await page.getByRole("link", { name: "user.registered" }).click();
  await expect(page.getByText("answered 500: it did not take it")).toBeVisible();
  await expect(page.getByText("answered 204")).toBeVisible();
  const [first] = toldOf(userId);
  await expect(page.getByText(String(first?.id))).toBeVisible();
  expect(await page.content()).not.toContain(person.username);
  await page.getByRole("button", { name: "Send it anew" }).click();
  await page.waitForURL("**/*done=replayed");
  await expect
    .poll(() => toldOf(userId).filter(({ id }) => id === first?.id).length, { timeout: 60_000 })
    .toBe(3);
  // The audit trail leads back to it.
  const address = new URL(page.url()).pathname;
  await page.goto(`${product.url}/ops/audit?actor=operator`);
  await page.getByRole("link", { name: address.split("/").at(-1) ?? "" }).click();
  await page.waitForURL(`**${address}`);

  // Intercom has the contact since the confirmation, and loses it with the account.
  await expect.poll(() => calls("POST /contacts").length, { timeout: 60_000 }).toBe(1);
  expect(JSON.parse(calls("POST /contacts")[0]?.body ?? "")).toMatchObject({
    external_id: userId,
    email: person.email,
  });
  const deletion = await callApi("/api/v1/usr/delete-account", {
    token,
    body: { password: person.password },
  });
  expect(deletion.status).toBe(204);
  await expect.poll(() => calls(`DELETE /contacts/${CONTACT_ID}`).length, { timeout: 60_000 }).toBe(1);
  await page.goto(`${product.url}/ops/webhooks`);
  await expect(page.getByText("No webhook is like that.")).toBeVisible();
});

test("a mail that was given up is told too", async () => {
  const { user_data, delivery } = await register(newPerson("refuse"));
  people.add(user_data.id);
  await expect.poll(() => typesOf(user_data.id), { timeout: 60_000 }).toContain("delivery.failed");
  const failed = toldOf(user_data.id).find(({ event }) => event.type === "delivery.failed");
  expect(failed?.event.data).toMatchObject({ delivery_id: delivery.id, status: "failed" });
});

test("the canary registers by itself, shows how long its mail took, and nobody else hears of it", async ({
  page,
}) => {
  await advanceEngineClock(300);
  await signIn(page);
  await waitOnPage(page, "/ops", "mail accepted after");
  // Five minutes may have passed by themselves before.
  await expect(page.getByText(/(\d+) of \1 came through/)).toBeVisible();
  expect(await countMails(SINK)).toBeGreaterThan(0);
  // At a full five minutes another one is under way, whose rows go when its mail was accepted.
  const shown = async () => {
    await page.goto(`${product.url}/ops/deliveries`);
    return page.getByText("@sink.example").count();
  };
  await expect.poll(shown).toBe(0);
  const told = calls("POST /hook").map(({ body }) => JSON.parse(body).data.user_id);
  expect(new Set(told)).toEqual(people);
});

// The engine and the app itself go away, one after another, under a product of its own.
import { randomBytes } from "node:crypto";
import { expect, test } from "@playwright/test";
import {
  type Breakable,
  outcomesOf,
  readAppLog,
  registerAs,
  signalEngine,
  startBreakable,
  statusOf,
  untilRelayed,
  untilRun,
} from "../support/breakable";
import { breakProvider, calmProvider, codeIn, countMails, type Mail, nextMail } from "../support/mailbox";
import { registerOnPage } from "../support/pages";
import { callApi, newPerson, type Registered, register } from "../support/people";
import { readRunning } from "../support/running";
import { findSecrets, readLogs, readPages, readTables, type Secret } from "../support/secrets";

test.describe.configure({ mode: "default" });

let broken: Breakable;
test.beforeAll(async () => {
  broken = await startBreakable("e2e-outages");
});
test.afterAll(() => broken?.stop());

test.describe("an engine that takes connections and says nothing", () => {
  test.beforeEach(() => signalEngine("SIGSTOP"));
  test.afterEach(async () => {
    signalEngine("SIGCONT");
    await calmProvider();
    await untilRelayed(broken);
  });

  test("the mail goes out inside the request, and only once although the engine comes back", async () => {
    const person = newPerson();
    const registered = await register(person);
    // A busy machine may not get it out within the second that an answer has; then the answer says so.
    const { email_confirmation_sent: isOut, email_info: info } = registered;
    if (!info.email_queued)
      expect(info).toMatchObject(isOut ? { email_sent: true } : { email_sent: false, can_resend: true });
    await nextMail(person.email);
    signalEngine("SIGCONT");
    await untilRelayed(broken);
    await untilRun(broken, registered.delivery.id);
    expect(await countMails(person.email)).toBe(1);
    expect(await outcomesOf(broken, registered.delivery.id)).toEqual(["accepted"]);
  });

  test("with the provider refusing too, the answer says so in the old system's words, and the mail comes when they are back", async () => {
    await breakProvider();
    // The first ones find out that the engine is away; until then a mail that found no time counts as queued.
    for (let found = 0; found < 2; found++) await register(newPerson());
    const { person, registered } = await registerAs(false);
    expect(registered).toMatchObject({
      email_confirmation_sent: false,
      email_info: { email_sent: false, email_queued: false, can_resend: true },
    });
    expect(registered.email_info.error).toMatch(/^Failed to queue email: /);
    await calmProvider();
    signalEngine("SIGCONT");
    await untilRelayed(broken);
    await nextMail(person.email, { waitMs: 30_000 });
    await expect.poll(() => statusOf(broken, registered.delivery.id)).toMatch(/^(sent|delivered)$/);
    expect(await countMails(person.email)).toBe(1);
  });

  test("after two failures nobody waits for it any more, and after its return everybody is queued again", async () => {
    for (const _ of [1, 2, 3]) await register(newPerson());
    expect(readAppLog(broken)).toContain("Circuit breaker of the engine: open");
    signalEngine("SIGCONT");
    await untilRelayed(broken);
    await expect.poll(() => readAppLog(broken)).toContain("Circuit breaker of the engine: closed");
    await expect.poll(async () => (await register(newPerson())).email_info.email_queued).toBe(true);
  });
});

test("an engine that took the event and stops before it begins: the server process sends the mail, once", async () => {
  const { person, registered } = await registerAs(true);
  signalEngine("SIGSTOP");
  try {
    await nextMail(person.email, { waitMs: 30_000 });
  } finally {
    signalEngine("SIGCONT");
  }
  expect(readAppLog(broken)).toContain("Deliveries are overdue");
  // The late engine finds it done.
  await untilRun(broken, registered.delivery.id);
  expect(await countMails(person.email)).toBe(1);
});

test("a SIGTERM in the middle of a mail lets it end, and the next process goes on", async () => {
  const person = newPerson("slow");
  const { delivery } = await register(person);
  await expect.poll(() => statusOf(broken, delivery.id)).toBe("sending");
  const { pid } = readRunning().app;
  process.kill(pid, "SIGTERM");
  await expect.poll(() => readRunning().app.pid, { timeout: 60_000 }).not.toBe(pid);
  await nextMail(person.email);
  await expect.poll(() => statusOf(broken, delivery.id)).toMatch(/^(sent|delivered)$/);
  expect(await outcomesOf(broken, delivery.id)).toEqual(["accepted"]);
  expect(await countMails(person.email)).toBe(1);
});

test("a page says “Live” no longer over an app that stands still, and again when it goes on", async ({
  browser,
}) => {
  const page = await browser.newPage({ baseURL: broken.product.url });
  await registerOnPage(page, newPerson());
  const live = page.getByText("Live", { exact: true });
  await expect(live).toBeVisible();
  const { pid } = readRunning().app;
  process.kill(pid, "SIGSTOP");
  try {
    await expect(page.getByText("Reconnecting")).toBeVisible({ timeout: 45_000 });
    await expect(live).toHaveCount(0);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await expect(live).toBeVisible();
  await page.close();
});

test("ASVS 16.2.5: no code, link, password or token is in any table, log line or page of the engine, whatever way a mail went", async () => {
  const secrets: Secret[] = [];
  const people: Registered[] = [];
  const keepMail = (way: string, mail: Mail) => {
    const [link, notMe] = [...mail.text.matchAll(/#([\w-]{32,})/g)].map((match) => match[1] ?? "");
    secrets.push({ what: `${way}: the code`, value: codeIn(mail) });
    secrets.push(
      { what: `${way}: the link`, value: link ?? "" },
      { what: `${way}: not me`, value: notMe ?? "" },
    );
  };
  const signUp = async (way: string, tag?: string) => {
    const person = { ...newPerson(tag), password: `a password ${randomBytes(9).toString("base64")}` };
    const registered = await register(person);
    people.push(registered);
    secrets.push({ what: `${way}: the password`, value: person.password });
    secrets.push({ what: `${way}: the refresh token`, value: registered.refresh_token });
    secrets.push({ what: `${way}: the access token`, value: registered.access_token });
    const mail = await nextMail(person.email, { waitMs: 40_000 });
    keepMail(way, mail);
    return { person, registered, mail };
  };

  // Which way a mail goes is chance on a busy machine: then another one tries.
  const signUpAs = async (way: string, isQueued: boolean) => {
    let signedUp = await signUp(way);
    for (let tries = 0; tries < 5 && signedUp.registered.email_info.email_queued !== isQueued; tries++)
      signedUp = await signUp(way);
    expect(signedUp.registered.email_info.email_queued).toBe(isQueued);
    return signedUp;
  };

  const queued = await signUpAs("async", true);
  const retried = await signUp("retry", "retry1");
  await expect.poll(() => outcomesOf(broken, retried.registered.delivery.id)).toEqual(["failed", "accepted"]);
  // As if a minute had passed.
  await broken.sql`update deliveries set created_at = created_at - interval '2 minutes' where user_id = ${queued.registered.user_data.id}`;
  const { access_token: token } = queued.registered;
  const resent = await callApi("/api/v1/usr/resend-confirmation", { method: "POST", token });
  expect(resent.status).toBe(202);
  keepMail("resend", await nextMail(queued.person.email, { after: new Date(queued.mail.received_at) }));
  signalEngine("SIGSTOP");
  try {
    await signUpAs("fallback", false);
  } finally {
    signalEngine("SIGCONT");
  }
  // Being used, and refused, is where secrets get into logs.
  await callApi("/api/v1/usr/confirm-email", { token, body: { code: "12345" } });
  await callApi("/api/v1/usr/confirm-email", { token, body: { code: "000000" } });
  const code = codeIn(queued.mail);
  const confirm = () => callApi("/api/v1/usr/confirm-email", { token, body: { code } });
  // The second as if the first one's answer had been lost; once that session is used, never again.
  for (const way of ["confirmed", "confirmed again"]) {
    const answer = await confirm();
    expect(answer.status).toBe(200);
    const { refresh_token, access_token } = await answer.json();
    secrets.push({ what: `${way}: the refresh token`, value: refresh_token });
    secrets.push({ what: `${way}: the access token`, value: access_token });
  }
  const used = secrets.findLast(({ what }) => what === "confirmed again: the access token")?.value ?? "";
  expect((await callApi("/api/v1/usr/me", { token: used })).status).toBe(200);
  expect((await confirm()).status).toBe(401);
  const link = secrets.find(({ what }) => what === "retry: the link")?.value;
  for (const status of [200, 409])
    expect((await callApi("/api/v1/usr/confirm-link", { body: { link } })).status).toBe(status);
  await untilRelayed(broken);
  await untilRun(broken, queued.registered.delivery.id);

  expect(new Set(secrets.map(({ value }) => value)).size).toBe(secrets.length);
  expect(secrets.filter(({ value }) => value.length < 6)).toEqual([]);
  const places = new Map([
    ...(await readTables(broken.sql)),
    ...readLogs(broken.product.dir),
    ...(await readPages(readRunning().inngest.url)),
  ]);
  // That it would be found: what may be there is.
  const ids = people.map(({ delivery }) => ({ what: delivery.id, value: delivery.id }));
  const whereIs = (place: string) => findSecrets(places.get(place) ?? "", ids).length;
  expect(["table public.deliveries", "table inngest.events", "log app.log"].map(whereIs)).toEqual(
    Array(3).fill(people.length),
  );
  expect([...places.keys()].filter((place) => place.startsWith("page /runs/")).length).toBeGreaterThan(2);
  expect(findSecrets(queued.mail.subject + queued.mail.text, secrets)).toEqual(
    expect.arrayContaining(["async: the code", "async: the link", "async: not me"]),
  );
  const findings = [...places].flatMap(([place, text]) =>
    findSecrets(text, secrets).map((what) => `${what} is in ${place}`),
  );
  expect(findings).toEqual([]);
});

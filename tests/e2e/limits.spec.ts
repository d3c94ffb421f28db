// The limits as a client meets them, in a product of its own that has them on.
import path from "node:path";
import { expect, test } from "@playwright/test";
import { holdToContract } from "../support/contract";
import { newPerson, type Person } from "../support/people";
import { type Product, startProduct } from "../support/product";

test.describe.configure({ mode: "serial" });
// A product that has to start counts against the first test.
test.setTimeout(300_000);

let product: Product;
test.beforeAll(async () => {
  const dir = path.resolve(import.meta.dirname, "../../.latchkey/e2e-limits");
  product = await startProduct(dir, { RATE_LIMITS: "on" });
});
test.afterAll(() => product.stop());

async function post(call: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(`${product.url}${call}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  await holdToContract("POST", call, response);
  return response;
}

async function expectRefusal(response: Response, code: string, waitSecondsMax: number): Promise<void> {
  expect(response.status).toBe(429);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  const problem = (await response.json()) as { next_allowed_at: string };
  expect(problem).toMatchObject({ code, status: 429, detail: expect.stringMatching(/^[A-Z].*\.$/) });
  const retryAfter = Number(response.headers.get("retry-after"));
  expect(retryAfter).toBeGreaterThan(0);
  expect(retryAfter).toBeLessThanOrEqual(waitSecondsMax);
  expect(Date.parse(problem.next_allowed_at)).toBeGreaterThan(Date.now());
  expect(Date.parse(problem.next_allowed_at) - Date.now()).toBeLessThanOrEqual(waitSecondsMax * 1000);
}

const admitted: Person[] = [];

test("ASVS 2.4.1, 4.1.3: of a hundred registrations of one machine in parallel twenty are let in, whatever they write into their headers", async () => {
  const people = Array.from({ length: 100 }, () => newPerson());
  const refusals: Response[] = [];
  await Promise.all(
    people.map(async (person, index) => {
      const forged = `198.51.100.${index}`;
      const response = await post("/api/v1/usr/register", person, {
        "x-forwarded-for": forged,
        "x-real-ip": forged,
        forwarded: `for=${forged}`,
        "x-latchkey-peer": `guess ${forged}`,
      });
      if (response.status === 201) admitted.push(person);
      else refusals.push(response);
    }),
  );
  expect(admitted).toHaveLength(20);
  for (const refused of refusals) await expectRefusal(refused, "registration_limit", 3600);
});

test("ASVS 6.3.1, 6.3.4: five tries to sign in with one name, then 429, whoever has the name and whichever way they come", async () => {
  const [person, other] = admitted;
  if (!person || !other) throw new Error("nobody is registered");
  for (const login of [person.username, "nobody-at-all"]) {
    const attempt = (password: string) => post("/api/v1/usr/token", { login, password });
    for (let i = 0; i < 5; i++) expect((await attempt("wrong password")).status).toBe(401);
    await expectRefusal(await attempt(person.password), "sign_in_limit", 15 * 60);
  }
  // next-auth's own way in counts with ours.
  expect(await signInByNextAuth(person)).toBe(429);
  expect(await signInByNextAuth(other)).toBe(200);
});

test("thirty new pairs of tokens an hour for one session, then 429", async () => {
  const [, , person] = admitted;
  if (!person) throw new Error("nobody is registered");
  const read = async (response: Response) => {
    expect(response.status).toBe(200);
    return ((await response.json()) as { refresh_token: string }).refresh_token;
  };
  const { username: login, password } = person;
  let refresh_token = await read(await post("/api/v1/usr/token", { login, password }));
  const refresh = () => post("/api/v1/usr/token/refresh", { refresh_token });
  for (let n = 0; n < 30; n++) refresh_token = await read(await refresh());
  await expectRefusal(await refresh(), "refresh_limit", 3600);
});

async function signInByNextAuth({ username, password }: Person): Promise<number> {
  const csrf = await fetch(`${product.url}/api/auth/csrf`);
  const { csrfToken } = (await csrf.json()) as { csrfToken: string };
  const cookies = csrf.headers.getSetCookie().map((value) => value.split(";")[0]);
  const response = await fetch(`${product.url}/api/auth/callback/credentials`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", cookie: cookies.join("; ") },
    body: new URLSearchParams({ csrfToken, login: username, password, json: "true" }),
  });
  return response.status;
}

test("thirty links that do not work from one network, then 429", async () => {
  const link = "bm8gbGluayBvZiBvdXJzLCBvciBvdmVy";
  for (let i = 0; i < 30; i++) {
    const call = i % 2 === 0 ? "/api/v1/usr/confirm-link/look" : "/api/v1/usr/not-me/look";
    expect((await post(call, { link })).status).toBe(410);
  }
  for (const call of ["confirm-link", "confirm-link/look", "not-me", "not-me/look", "not-me/undo"])
    await expectRefusal(await post(`/api/v1/usr/${call}`, { link }), "link_limit", 15 * 60);
});

test("on the page a refusal says when, with and without JavaScript", async ({ browser }) => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await browser.newPage({ baseURL: product.url, javaScriptEnabled });
    await page.goto("/register");
    const person = newPerson();
    await page.getByLabel("Username").fill(person.username);
    await page.getByLabel("Email address").fill(person.email);
    await page.getByLabel("Password", { exact: true }).fill(person.password);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByText("There were many tries to register from your network.")).toBeVisible();
    await expect(page.getByLabel("Email address")).toHaveValue(person.email);
    await page.close();
  }
});

// What another website can make a visitor's browser do here: nothing (ASVS 5.0, 3.5.1 to 3.5.3).
import { expect, test } from "@playwright/test";
import { callApi, newPerson, type Person } from "../support/people";

const CHANGES: Record<string, object | undefined> = {
  "/api/v1/usr/confirm-email": { code: "x" },
  "/api/v1/usr/resend-confirmation": undefined,
  "/api/v1/usr/change-email": { email: "x" },
  "/api/v1/usr/confirm-link": { link: "x" },
  "/api/v1/usr/confirmation/continue": undefined,
  "/api/v1/usr/not-me": { link: "x" },
  "/sign-out": undefined,
  "/api/v1/usr/sessions/revoke": { session_id: "x" },
  "/api/v1/usr/sessions/revoke-others": undefined,
  "/api/v1/usr/change-password": { current_password: "x", new_password: "x" },
  "/api/v1/usr/delete-account": { password: "x" },
};

/** The cookie of a browser that has just registered. */
async function visitorsCookie(person: Person = newPerson()): Promise<string> {
  const answer = await callApi("/api/v1/usr/register", {
    body: person,
    headers: { "sec-fetch-site": "same-origin" },
  });
  const cookies = answer.headers.getSetCookie().flatMap((cookie) => cookie.split(";")[0] ?? []);
  if (answer.status !== 201 || cookies.length === 0) throw new Error(`No cookie: ${answer.status}`);
  return cookies.join("; ");
}

function post(path: string, headers: Record<string, string>): Promise<Response> {
  const body = CHANGES[path];
  return callApi(path, { method: "POST", headers, ...(body ? { body } : {}) });
}

for (const path of Object.keys(CHANGES))
  test(`${path} with a visitor's cookie is refused when another website sends it (ASVS 3.5.1, 3.5.2, 3.5.3)`, async ({
    baseURL,
  }) => {
    const cookie = await visitorsCookie();
    const foreign: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site", origin: baseURL ?? "" },
    ];
    for (const headers of foreign) {
      const response = await post(path, { cookie, ...headers });
      expect(response.status, JSON.stringify(headers)).toBe(403);
      expect(response.headers.get("content-type")).toContain("application/problem+json");
      expect(await response.json()).toMatchObject({ code: "foreign_origin" });
    }
    // The same request from a page of ours gets past that door.
    const own = await post(path, { cookie, "sec-fetch-site": "same-origin", origin: baseURL ?? "" });
    const { code = null } = own.status === 204 ? {} : await own.json().catch(() => ({}));
    expect(code).not.toBe("foreign_origin");
  });

test("a form of another website changes nothing either, and signs nobody in", async () => {
  const cookie = await visitorsCookie();
  for (const path of ["/api/v1/usr/confirm-email", "/api/v1/usr/change-email", "/api/v1/usr/register"]) {
    const response = await callApi(path, {
      body: new URLSearchParams({ ...newPerson(), code: "000000" }).toString(),
      headers: {
        cookie,
        "content-type": "application/x-www-form-urlencoded",
        origin: "https://evil.example",
        "sec-fetch-site": "cross-site",
      },
    });
    expect(response.status).toBe(303);
    expect(response.headers.get("set-cookie")).not.toContain("session=");
  }
  const state = (await (await callApi("/api/v1/usr/confirmation", { headers: { cookie } })).json()) as object;
  expect(state).toMatchObject({ confirmed: false, code: { tries_left: 5 } });
});

test("ASVS 3.5.1: a registration that is not surely from a page of ours ends no claim of its visitor", async ({
  baseURL,
}) => {
  const person = newPerson();
  const cookie = await visitorsCookie(person);
  const again = { ...person, email: newPerson().email };
  const registerAgain = (headers: Record<string, string>) =>
    callApi("/api/v1/usr/register", { body: again, headers: { cookie, ...headers } });
  for (const headers of [{}, { "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }]) {
    expect((await registerAgain(headers)).status).toBe(409);
    expect((await callApi("/api/v1/usr/confirmation", { headers: { cookie } })).status).toBe(200);
  }
  expect((await registerAgain({ "sec-fetch-site": "same-origin", origin: baseURL ?? "" })).status).toBe(201);
  expect((await callApi("/api/v1/usr/confirmation", { headers: { cookie } })).status).toBe(401);
});

test("ASVS 3.4.2: no other website may read an answer of ours: there is no CORS", async () => {
  for (const path of ["/api/v1/usr/me", "/api/v1/usr/register", "/api/auth/session", "/api/health"])
    for (const method of ["GET", "OPTIONS"]) {
      const response = await callApi(path, {
        method,
        headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
      });
      expect(response.headers.get("access-control-allow-origin"), `${method} ${path}`).toBeNull();
    }
});

for (const path of ["/", "/register", "/sign-in", "/confirm", "/nothing-here"])
  test(`${path}: every script of the page carries the nonce of its own answer (ASVS 3.4.3)`, async () => {
    const response = await fetch(new URL(path, (await callApi("/api/health")).url));
    const policy = response.headers.get("content-security-policy") ?? "";
    const nonce = /'nonce-([\w+/=]+)'/.exec(policy)?.[1];
    const scripts = (await response.text()).match(/<script\b[^>]*>/g) ?? [];
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(script).toContain(`nonce="${nonce}"`);
  });

test("the files of the build are kept for ever, and are what they say they are", async () => {
  const page = await (await callApi("/")).text();
  const file = /\/_next\/static\/[^"]+\.js/.exec(page)?.[0] ?? "";
  const { status, headers } = await callApi(file);
  expect(status).toBe(200);
  expect(headers.get("cache-control")).toContain("immutable");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

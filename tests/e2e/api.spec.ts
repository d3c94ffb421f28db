// The JSON API from outside: the contract to the letter, and what it says to bad input.
import { expect, test } from "@playwright/test";
import { codeIn, listSubjects, nextMail } from "../support/mailbox";
import { callApi, newPerson, type Registered, register } from "../support/people";

const REGISTER = "/api/v1/usr/register";

test.describe("registering by API", () => {
  test("answers 201 exactly as the replaced system did, plus a delivery", async () => {
    // An engine that a busy machine slows down past 250 ms is left out, rightly; then the answer says so.
    await expect(async () => {
      const person = newPerson();
      const response = await callApi(REGISTER, { body: person });
      expect(response.status).toBe(201);
      expect(response.headers.get("cache-control")).toContain("no-store");
      expect(response.headers.get("set-cookie")).toBeNull();
      const answer = (await response.json()) as Registered;
      expect(answer).toEqual({
        refresh_token: expect.stringMatching(/^[\w-]{43}$/),
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        user_data: {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          username: person.username,
          email: person.email,
          email_confirmed: false,
          created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        },
        email_confirmation_sent: true,
        message: "Registration successful! Please check your email for confirmation code.",
        email_info: { email_queued: true, message: "Email confirmation is being sent in the background" },
        delivery: {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          status: "queued",
          links: expect.any(Object),
        },
      });
      for (const link of Object.values(answer.delivery.links)) expect(link).toMatch(/^\/api\/v1\/usr\//);
    }).toPass({ timeout: 60_000 });
  });

  test("is answered in the language that was asked for, and every answer with sentences names it", async () => {
    const person = newPerson();
    const headers = { "accept-language": "de-CH, de;q=0.9, en;q=0.5" };
    const { access_token: token } = (await (
      await callApi(REGISTER, { body: person, headers })
    ).json()) as Registered;
    expect((await nextMail(person.email)).subject).toMatch(/^\d{6} ist dein Code für Latchkey$/);
    const wrong = await callApi("/api/v1/usr/confirm-email", { token, headers, body: { code: "abc" } });
    expect(wrong.headers.get("content-language")).toBe("de");
    expect(await wrong.json()).toMatchObject({
      detail: "Der Code hat sechs Ziffern, zum Beispiel 042137. Bitte gib alle ein.",
    });
    const moved = await callApi("/api/v1/usr/change-email", {
      token,
      headers,
      body: { email: newPerson().email },
    });
    expect([moved.status, moved.headers.get("content-language")]).toEqual([202, "de"]);
    expect(moved.headers.get("vary")).toContain("Accept-Language");
  });

  test("leads through confirming, refreshing and revoking", async () => {
    const person = newPerson();
    const { access_token, user_data } = await register(person);
    const pending = await (await callApi("/api/v1/usr/confirmation", { token: access_token })).json();
    expect(pending).toMatchObject({ confirmed: false, email: person.email, code: { tries_left: 5 } });
    const mail = await nextMail(person.email);
    const code = codeIn(mail);
    const confirmed = await callApi("/api/v1/usr/confirm-email", { token: access_token, body: { code } });
    expect(confirmed.status).toBe(200);
    const answer = (await confirmed.json()) as Registered & { confirmed: boolean };
    expect(answer).toMatchObject({ confirmed: true, user_data: { id: user_data.id, email_confirmed: true } });
    expect((await callApi("/api/v1/usr/me", { token: access_token })).status).toBe(401);
    expect(await (await callApi("/api/v1/usr/me", { token: answer.access_token })).json()).toEqual(
      answer.user_data,
    );
    const refreshed = (await (
      await callApi("/api/v1/usr/token/refresh", { body: { refresh_token: answer.refresh_token } })
    ).json()) as Registered;
    expect((await callApi("/api/v1/usr/me", { token: refreshed.access_token })).status).toBe(200);
    const revoked = await callApi("/api/v1/usr/token/revoke", {
      body: { refresh_token: refreshed.refresh_token },
    });
    expect(revoked.status).toBe(204);
    expect((await callApi("/api/v1/usr/me", { token: refreshed.access_token })).status).toBe(401);
    await expect.poll(() => listSubjects(person.email)).toEqual([mail.subject, "Welcome to Latchkey"]);
  });

  test("signing in takes the username and the confirmed address, and says the same to a wrong password and an unknown name", async () => {
    const person = newPerson();
    const { access_token } = await register(person);
    await callApi("/api/v1/usr/confirm-email", {
      token: access_token,
      body: { code: codeIn(await nextMail(person.email)) },
    });
    for (const login of [person.username, person.email]) {
      const response = await callApi("/api/v1/usr/token", { body: { login, password: person.password } });
      expect(response.status).toBe(200);
      expect(Object.keys(await response.json()).sort()).toEqual([
        "access_token",
        "refresh_token",
        "user_data",
      ]);
    }
    const wrong = await callApi("/api/v1/usr/token", {
      body: { login: person.username, password: "wrong password" },
    });
    const unknown = await callApi("/api/v1/usr/token", {
      body: { login: "nobody-at-all", password: "wrong password" },
    });
    expect([wrong.status, await wrong.json()]).toEqual([unknown.status, await unknown.json()]);
    expect(wrong.status).toBe(401);
  });

  test("while the mail provider hangs, people register all the same and the mail stays on its way", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => register(newPerson("hang"))));
    for (const answer of answers) {
      const { delivery } = (await (
        await callApi("/api/v1/usr/confirmation", { token: answer.access_token })
      ).json()) as { delivery: { status: string } };
      expect(["queued", "sending", "retrying"]).toContain(delivery.status);
    }
  });

  test("of twenty registrations for one username in parallel exactly one gets 201", async () => {
    const { username } = newPerson();
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => callApi(REGISTER, { body: { ...newPerson(), username } })),
    );
    const statuses = responses.map((response) => response.status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
  });

  test("a wrong code says how many tries are left; a resend inside the cooldown says until when", async () => {
    const person = newPerson();
    const { access_token } = await register(person);
    const code = codeIn(await nextMail(person.email));
    const wrong = await callApi("/api/v1/usr/confirm-email", {
      token: access_token,
      body: { code: code === "000000" ? "000001" : "000000" },
    });
    expect(wrong.status).toBe(422);
    expect(await wrong.json()).toMatchObject({ code: "wrong_code", tries_left: 4 });
    const resend = await callApi("/api/v1/usr/resend-confirmation", { method: "POST", token: access_token });
    const problem = (await resend.json()) as { next_allowed_at: string };
    expect(resend.status).toBe(429);
    expect(problem).toMatchObject({ code: "resend_cooldown", detail: expect.any(String) });
    expect(Number(resend.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Date.parse(problem.next_allowed_at)).toBeGreaterThan(Date.now());
  });

  test("asking for another code takes an empty body, whatever type a client announces", async () => {
    const { access_token: token } = await register(newPerson());
    for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
      const response = await callApi("/api/v1/usr/resend-confirmation", {
        token,
        body: "",
        headers: { "content-type": type },
      });
      expect(response.status).toBe(429);
      expect(await response.json()).toMatchObject({ code: "resend_cooldown" });
    }
  });

  test("a 401 names the scheme it wants (RFC 9110, 11.6.1)", async () => {
    for (const response of [
      await callApi("/api/v1/usr/me"),
      await callApi("/api/v1/usr/me", { token: "nonsense" }),
      await callApi("/api/v1/usr/token", { body: { login: "nobody", password: "wrong password" } }),
    ]) {
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
    }
  });
});

test.describe("bad input gets a clear error", () => {
  const good = () => newPerson();
  const cases: {
    name: string;
    body: unknown;
    status: number;
    code: string;
    fields?: Record<string, string>;
  }[] = [
    {
      name: "an empty object",
      body: {},
      status: 422,
      code: "invalid_input",
      fields: { username: "required", email: "required", password: "required" },
    },
    {
      name: "a missing password",
      body: { username: "ada-lovelace", email: "ada@example.com" },
      status: 422,
      code: "invalid_input",
      fields: { password: "required" },
    },
    {
      name: "empty strings",
      body: { username: " ", email: "", password: "" },
      status: 422,
      code: "invalid_input",
      fields: { username: "required", email: "required", password: "required" },
    },
    {
      name: "wrong types",
      body: { username: 7, email: ["a@example.com"], password: null },
      status: 422,
      code: "invalid_input",
      fields: { username: "wrong_type", email: "wrong_type", password: "wrong_type" },
    },
    {
      name: "a short username",
      body: { ...good(), username: "ab" },
      status: 422,
      code: "invalid_input",
      fields: { username: "too_short" },
    },
    {
      name: "a long username",
      body: { ...good(), username: "a".repeat(31) },
      status: 422,
      code: "invalid_input",
      fields: { username: "too_long" },
    },
    {
      name: "a username in another script",
      body: { ...good(), username: "аdmin" },
      status: 422,
      code: "invalid_input",
      fields: { username: "invalid_characters" },
    },
    {
      name: "a NUL byte in the username",
      body: { ...good(), username: "ada\0ada" },
      status: 422,
      code: "invalid_input",
      fields: { username: "invalid_characters" },
    },
    {
      name: "a NUL byte in the password",
      body: { ...good(), password: "correct\0horse" },
      status: 422,
      code: "invalid_input",
      fields: { password: "invalid_characters" },
    },
    {
      name: "half a surrogate pair in the password",
      body: { ...good(), password: "correct horse \ud800" },
      status: 422,
      code: "invalid_input",
      fields: { password: "invalid_characters" },
    },
    {
      name: "a NUL byte in the address",
      body: { ...good(), email: "ada\0@example.com" },
      status: 422,
      code: "invalid_input",
      fields: { email: "invalid_email" },
    },
    {
      name: "a header in the address",
      body: { ...good(), email: "ada@example.com\r\nBcc: eve@example.com" },
      status: 422,
      code: "invalid_input",
      fields: { email: "invalid_email" },
    },
    {
      name: "no domain",
      body: { ...good(), email: "ada" },
      status: 422,
      code: "invalid_input",
      fields: { email: "invalid_email" },
    },
    {
      name: "two addresses",
      body: { ...good(), email: "ada@example.com,eve@example.com" },
      status: 422,
      code: "invalid_input",
      fields: { email: "invalid_email" },
    },
    {
      name: "a very long address",
      body: { ...good(), email: `${"a".repeat(5000)}@example.com` },
      status: 422,
      code: "invalid_input",
      fields: { email: "too_long" },
    },
    {
      name: "an address of 312 characters in good form",
      body: { ...good(), email: `ada@${"x".repeat(60)}.${"example.".repeat(30)}com` },
      status: 422,
      code: "invalid_input",
      fields: { email: "too_long" },
    },
    {
      name: "a short password",
      body: { ...good(), password: "1234567" },
      status: 422,
      code: "invalid_input",
      fields: { password: "too_short" },
    },
    {
      name: "a long password",
      body: { ...good(), password: "x".repeat(257) },
      status: 422,
      code: "invalid_input",
      fields: { password: "too_long" },
    },
    { name: "broken JSON", body: '{"username": "ada"', status: 400, code: "invalid_json" },
    { name: "no body", body: "", status: 400, code: "invalid_json" },
    { name: "a JSON array", body: "[]", status: 400, code: "invalid_json" },
    { name: "JSON null", body: "null", status: 400, code: "invalid_json" },
    {
      name: "a body of 20 KB",
      body: { ...good(), password: "x".repeat(20_000) },
      status: 413,
      code: "body_too_large",
    },
  ];
  for (const { name, body, status, code, fields } of cases) {
    test(`${name}: ${status} ${code}`, async () => {
      const response = await callApi(REGISTER, { body });
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toContain("application/problem+json");
      const problem = (await response.json()) as {
        errors?: { field: string; code: string; detail: string }[];
      };
      expect(problem).toMatchObject({
        code,
        status,
        detail: expect.stringMatching(/\w.*\.$/),
        title: expect.any(String),
      });
      const byField = Object.fromEntries((problem.errors ?? []).map((error) => [error.field, error.code]));
      expect(byField).toEqual(fields ?? {});
    });
  }

  for (const [type, code] of [
    ["text/plain", "unsupported_media_type"],
    ["application/xml", "unsupported_media_type"],
    ["application/json; charset=iso-8859-1", "unsupported_charset"],
  ] as const) {
    test(`content type ${type}: 415 ${code}`, async () => {
      const response = await callApi(REGISTER, { body: newPerson(), headers: { "content-type": type } });
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({ code });
    });
  }

  test("bytes that are not UTF-8: 400 invalid_encoding", async ({ baseURL }) => {
    const body = Buffer.concat([Buffer.from('{"username":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const response = await fetch(`${baseURL}${REGISTER}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid_encoding" });
  });

  test("unicode and IDN addresses are taken, in one spelling", async () => {
    const { username } = newPerson();
    const answer = await register({
      username,
      email: ` Jürgen.${username}@BÜCHER.example `,
      password: "pässwörter sind 🔑",
    });
    expect(answer.user_data.email).toBe(`jürgen.${username}@xn--bcher-kva.example`);
    const signedIn = await callApi("/api/v1/usr/token", {
      body: { login: username, password: "pässwörter sind 🔑" },
    });
    expect(signedIn.status).toBe(200);
  });

  test("calls without a token, with a wrong one, or from another website are refused", async () => {
    expect((await callApi("/api/v1/usr/me")).status).toBe(401);
    expect((await callApi("/api/v1/usr/me", { token: "nonsense" })).status).toBe(401);
    expect((await callApi("/api/v1/usr/confirmation/events")).status).toBe(401);
    const foreign = await callApi(REGISTER, {
      body: new URLSearchParams(newPerson()).toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "sec-fetch-site": "cross-site",
        origin: "https://evil.example",
      },
    });
    expect(foreign.status).toBe(303);
    expect(foreign.headers.get("location")).toBe("/register");
    expect(foreign.headers.get("set-cookie")).not.toContain("session=");
  });

  test("the engine's endpoint takes no unsigned call", async () => {
    for (const method of ["GET", "PUT", "POST"])
      expect(
        (await callApi("/api/inngest", { method, ...(method === "GET" ? {} : { body: {} }) })).status,
      ).toBe(401);
  });
});

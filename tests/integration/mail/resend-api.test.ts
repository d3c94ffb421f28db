// Resend's HTTP API as its own SDK sees it.
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { Resend } from "resend";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MailProcess, someone, startMailProcess } from "./support/mail-process";

let server: MailProcess;
let resend: Resend;

beforeAll(async () => {
  server = await startMailProcess();
  resend = new Resend("re_anything", { baseUrl: server.url });
});
afterAll(() => server.stop());

const FROM = "Latchkey <hello@latchkey.example>";
const mailTo = (to: string | string[], text = "Your code is 123456") => ({
  from: FROM,
  to,
  subject: "123456 is your code",
  html: `<p>${text}</p>`,
  text,
});

describe("one email", () => {
  test("is accepted, kept with all its parts, and told about by its id", async () => {
    const to = someone();
    const { data, error } = await resend.emails.send({
      ...mailTo(to),
      cc: "Cleo <cleo@example.com>",
      bcc: ["bea@example.com"],
      replyTo: "help@latchkey.example",
      headers: { "Message-ID": "<m1@latchkey.example>", "X-Entity-Ref-ID": "7" },
      tags: [{ name: "delivery", value: "abc_1" }],
      attachments: [{ filename: "a.txt", content: Buffer.from("hello") }],
    });
    expect(error).toBeNull();
    const id = data?.id ?? "";
    expect(id).toMatch(/^[0-9a-f-]{36}$/);

    const kept = await server.mail(id);
    expect(kept).toMatchObject({
      from: FROM,
      to: [to],
      cc: ["Cleo <cleo@example.com>"],
      bcc: ["bea@example.com"],
      subject: "123456 is your code",
      text: "Your code is 123456",
      html: "<p>Your code is 123456</p>",
      via: "resend",
      message_id: "<m1@latchkey.example>",
      attachments: [{ filename: "a.txt", size_bytes: 5 }],
    });
    expect(kept.headers).toContainEqual({ name: "X-Entity-Ref-ID", value: "7" });

    const got = await resend.emails.get(id);
    expect(got.data).toMatchObject({
      object: "email",
      id,
      to: [to],
      from: FROM,
      reply_to: ["help@latchkey.example"],
      message_id: "<m1@latchkey.example>",
      scheduled_at: null,
      tags: [{ name: "delivery", value: "abc_1" }],
    });
    expect(["sent", "delivered"]).toContain(got.data?.last_event);
    expect(got.data?.created_at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00$/);
  });

  test("goes to a bare address, to a named one, to letters beyond ASCII and to several", async () => {
    for (const to of ["Ada Lovelace <ada@example.com>", "ädä@exämple.com", "ada@sub.example.co.uk"]) {
      expect((await resend.emails.send(mailTo(to))).error).toBeNull();
    }
    const both = [someone(), someone()];
    const { data } = await resend.emails.send(mailTo(both));
    for (const to of both) expect((await server.mailsTo(to)).map(({ id }) => id)).toEqual([data?.id]);
  });

  test("is listed, newest first", async () => {
    const first = await resend.emails.send(mailTo(someone()));
    const second = await resend.emails.send(mailTo(someone()));
    const { data } = await resend.emails.list({ limit: 2 });
    expect(data?.object).toBe("list");
    expect(data?.has_more).toBe(true);
    expect(data?.data.map(({ id }) => id)).toEqual([second.data?.id, first.data?.id]);
  });

  test("that nobody sent is not found", async () => {
    const { error } = await resend.emails.get("00000000-0000-4000-8000-000000000000");
    expect(error).toMatchObject({ statusCode: 404, name: "not_found" });
  });
});

describe("an idempotency key", () => {
  test("with the same payload gives the same id and no second mail, whatever the order of the fields", async () => {
    const to = someone();
    const payload = mailTo(to);
    const first = await resend.emails.send(payload, { idempotencyKey: `delivery/${to}` });
    const reversed = Object.fromEntries(Object.entries(payload).reverse()) as typeof payload;
    const second = await resend.emails.send(reversed, { idempotencyKey: `delivery/${to}` });
    expect(second.error).toBeNull();
    expect(second.data?.id).toBe(first.data?.id);
    expect(await server.mailsTo(to)).toHaveLength(1);
  });

  test("with another payload is refused with 409 and nothing is sent", async () => {
    const to = someone();
    await resend.emails.send(mailTo(to), { idempotencyKey: `delivery/${to}` });
    const { error } = await resend.emails.send(mailTo(to, "other"), { idempotencyKey: `delivery/${to}` });
    expect(error).toMatchObject({ statusCode: 409, name: "invalid_idempotent_request" });
    expect(await server.mailsTo(to)).toHaveLength(1);
  });

  test("whose first request is still under way is refused with 409, and 20 at once make one mail", async () => {
    await server.setFaults({ kind: "slow", delay_ms: 300 });
    const to = someone();
    const send = () => resend.emails.send(mailTo(to), { idempotencyKey: `delivery/${to}` });
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    await server.calm();
    const accepted = answers.filter(({ error }) => error === null);
    const refused = answers.filter(({ error }) => error?.name === "concurrent_idempotent_requests");
    expect(accepted.length).toBeGreaterThanOrEqual(1);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(accepted.length + refused.length).toBe(20);
    expect(refused[0]?.error?.statusCode).toBe(409);
    expect(await server.mailsTo(to)).toHaveLength(1);
    expect((await send()).data?.id).toBe(accepted[0]?.data?.id);
  });

  test("of 256 characters is fine, an empty or a longer one is refused with 400", async () => {
    const to = someone();
    const withKey = (key: string) => post("/emails", mailTo(to), { "idempotency-key": key });
    expect((await withKey("k".repeat(256))).status).toBe(200);
    for (const key of ["", "k".repeat(257)]) {
      const answer = await withKey(key);
      expect([answer.status, answer.body.name]).toEqual([400, "invalid_idempotency_key"]);
    }
  });

  test("of a single email is not good for a batch", async () => {
    const to = someone();
    await resend.emails.send(mailTo(to), { idempotencyKey: `k/${to}` });
    const { error } = await resend.batch.send([mailTo(to)], { idempotencyKey: `k/${to}` });
    expect(error?.name).toBe("invalid_idempotent_request");
  });
});

describe("a batch", () => {
  test("is accepted as a whole, ids in order, once per key", async () => {
    const people = [someone(), someone(), someone()];
    const batch = people.map((to) => mailTo(to));
    const first = await resend.batch.send(batch, { idempotencyKey: `batch/${people[0]}` });
    const second = await resend.batch.send(batch, { idempotencyKey: `batch/${people[0]}` });
    expect(first.error).toBeNull();
    expect(second.data).toEqual(first.data);
    for (const [index, to] of people.entries()) {
      expect((await server.mailsTo(to)).map(({ id }) => id)).toEqual([first.data?.data[index]?.id]);
    }
  });

  test("in strict mode is refused as a whole when one email is wrong", async () => {
    const to = someone();
    const { error } = await resend.batch.send([mailTo(to), mailTo("nobody")]);
    expect(error).toMatchObject({ statusCode: 422, name: "validation_error" });
    expect(await server.mailsTo(to)).toHaveLength(0);
  });

  test("in permissive mode sends what is right and says what was wrong, by index", async () => {
    const to = someone();
    const { data } = await resend.batch.send([mailTo("nobody"), mailTo(to)], {
      batchValidation: "permissive",
    });
    expect(data?.data).toHaveLength(1);
    expect(data?.errors).toEqual([{ index: 0, message: expect.stringContaining("`to`") }]);
    expect(await server.mailsTo(to)).toHaveLength(1);
  });

  test("takes no attachments, as the real one", async () => {
    const to = someone();
    const { error } = await resend.batch.send([
      { ...mailTo(to), attachments: [{ filename: "a.txt", content: "aGk=" }] } as ReturnType<typeof mailTo>,
    ]);
    expect(error?.name).toBe("validation_error");
    expect(await server.mailsTo(to)).toHaveLength(0);
  });

  test("takes 100 emails and no more, and no empty list", async () => {
    const of = (count: number) => Array.from({ length: count }, () => mailTo("crowd@example.com"));
    expect((await resend.batch.send(of(100))).data?.data).toHaveLength(100);
    expect((await resend.batch.send(of(101))).error?.name).toBe("validation_error");
    expect((await resend.batch.send([])).error?.name).toBe("validation_error");
  });
});

type Answer = {
  status: number;
  body: { statusCode: number; name: string; message: string };
  headers: Headers;
};

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method: "POST",
    headers: { authorization: "Bearer re_x", "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as Answer["body"],
    headers: response.headers,
  };
}

describe("a wrong request gets Resend's error", () => {
  const good = mailTo("ada@example.com");
  const { from: _from, ...noFrom } = good;
  const { to: _to, ...noTo } = good;
  const { subject: _subject, ...noSubject } = good;
  const { html: _html, text: _text, ...noContent } = good;

  test.each<[string, unknown, number, string]>([
    ["bad JSON", "{", 400, "validation_error"],
    ["a list", [good], 400, "validation_error"],
    ["null", "null", 400, "validation_error"],
    ["no sender", noFrom, 422, "missing_required_field"],
    ["no recipient", noTo, 422, "missing_required_field"],
    ["an empty list of recipients", { ...good, to: [] }, 422, "missing_required_field"],
    ["no subject", noSubject, 422, "missing_required_field"],
    ["no content", noContent, 422, "missing_required_field"],
    ["a sender that is no address", { ...good, from: "hello" }, 422, "invalid_from_address"],
    ["a sender with a line end", { ...good, from: "a\r\nBcc: x <a@b.example>" }, 422, "invalid_from_address"],
    ["a recipient that is no address", { ...good, to: "ada" }, 422, "validation_error"],
    ["two recipients in one string", { ...good, to: "a@b.example, c@d.example" }, 422, "validation_error"],
    ["a recipient of the wrong type", { ...good, to: 7 }, 422, "validation_error"],
    ["51 recipients", { ...good, to: Array(51).fill("a@b.example") }, 422, "validation_error"],
    ["a subject with a line end", { ...good, subject: "a\nb" }, 422, "validation_error"],
    ["a header with a line end", { ...good, headers: { "X-A": "b\r\nc" } }, 422, "validation_error"],
    ["a tag with a blank", { ...good, tags: [{ name: "a b", value: "c" }] }, 422, "validation_error"],
    [
      "an attachment without content",
      { ...good, attachments: [{ filename: "a" }] },
      422,
      "invalid_attachment",
    ],
    ["a schedule, which is not done here", { ...good, scheduled_at: "in 1 min" }, 422, "validation_error"],
  ])("%s", async (_name, body, status, name) => {
    const answer = await post("/emails", body);
    expect([answer.status, answer.body.statusCode, answer.body.name]).toEqual([status, status, name]);
    expect(answer.body.message).toMatch(/\w{4,}/);
  });

  test("another content type", async () => {
    const answer = await post("/emails", "from=a", { "content-type": "application/x-www-form-urlencoded" });
    expect([answer.status, answer.body.name]).toEqual([415, "validation_error"]);
  });

  test("a body over 40 MB, also when its length is not told beforehand", async () => {
    const huge = JSON.stringify({ ...good, text: "x".repeat(41 * 1024 * 1024) });
    // On connections of their own: fetch may take one that the server has just closed, and so much cannot be sent again.
    const ask = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = httpRequest(`${server.url}/emails`, {
          method: "POST",
          headers: { authorization: "Bearer re_x", "content-type": "application/json", ...headers },
          agent: false,
        });
        request.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
        Readable.from([huge.slice(0, 30 * 1024 * 1024), huge.slice(30 * 1024 * 1024)]).pipe(request);
      });
    expect(await ask({ "content-length": String(huge.length) })).toBe(413);
    expect(await ask({})).toBe(413);
  });

  test("no key, another scheme, an empty key", async () => {
    for (const authorization of ["", "Basic abc", "Bearer ", "re_x"]) {
      const answer = await post("/emails", good, { authorization });
      expect([answer.status, answer.body.name]).toEqual([401, "missing_api_key"]);
    }
  });

  test("paths and methods that are not there", async () => {
    const ask = async (method: string, path: string) => {
      const response = await fetch(server.url + path, { method, headers: { authorization: "Bearer re_x" } });
      const body = (await response.json()) as { name: string; statusCode: number };
      return [response.status, body.statusCode, body.name];
    };
    expect(await ask("GET", "/domains")).toEqual([404, 404, "not_found"]);
    expect(await ask("POST", "/emails/x/cancel")).toEqual([404, 404, "not_found"]);
    expect(await ask("DELETE", "/emails")).toEqual([405, 405, "method_not_allowed"]);
    expect(await ask("PATCH", "/emails/x")).toEqual([405, 405, "method_not_allowed"]);
    expect(await ask("GET", "/emails/batch")).toEqual([405, 405, "method_not_allowed"]);
  });
});

test("when a key is set, only that key is accepted", async () => {
  const guarded = await startMailProcess({ env: { RESEND_API_KEY: "re_the_one" } });
  try {
    const send = (key: string) =>
      new Resend(key, { baseUrl: guarded.url }).emails.send(mailTo("ada@example.com"));
    expect((await send("re_another")).error).toMatchObject({ statusCode: 401, name: "validation_error" });
    expect((await send("re_the_one")).error).toBeNull();
  } finally {
    await guarded.stop();
  }
});

import type http from "node:http";
import https from "node:https";
import net from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createResendTransport } from "@/emails/transports/resend";
import { closedPort, listen, someMail, startHttp, tlsFiles } from "./scripted-servers";

const KEY = "re_test_123456";
const PATIENT_MS = 5000;
const IMPATIENT_MS = 200;

const transportTo = (baseUrl: string) => createResendTransport({ apiKey: KEY, baseUrl });
const json = (
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
};
const problem = (status: number, name: string, message: string) => ({ statusCode: status, name, message });

/** Sends one mail to a server that answers so. */
async function sendTo(answer: Parameters<typeof startHttp>[0], mail = someMail(), timeoutMs = PATIENT_MS) {
  const server = await startHttp(answer);
  return { mail, result: await transportTo(server.url).send(mail, timeoutMs), requests: server.requests };
}

test("a mail that is not wanted any more when the connection is there is not handed over", async () => {
  const server = await startHttp((_, response) => json(response, 200, { id: "6b2c" }));
  const transport = transportTo(server.url);
  expect(await transport.send(someMail(), PATIENT_MS, async () => false)).toEqual({ outcome: "unwanted" });
  expect(server.requests).toEqual([]);
  expect((await transport.send(someMail(), PATIENT_MS, async () => true)).outcome).toBe("accepted");
});

describe("a mail that Resend takes", () => {
  test("is accepted with Resend's id", async () => {
    const { result } = await sendTo((_, response) => json(response, 200, { id: "6b2c" }));
    expect(result).toEqual({ outcome: "accepted", providerMessageId: "6b2c" });
  });

  test("carries the key, the mail, its Message-ID, and says that no person wrote it", async () => {
    const { mail, requests } = await sendTo((_, response) => json(response, 200, { id: "6b2c" }));
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: "POST", url: "/emails" });
    expect(requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      "idempotency-key": mail.idempotencyKey,
      "content-type": "application/json",
    });
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual({
      from: mail.from,
      to: mail.to,
      subject: mail.subject,
      html: mail.html,
      text: mail.text,
      headers: {
        "Message-ID": mail.messageId,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Entity-Ref-ID": mail.idempotencyKey,
      },
      tags: [{ name: "delivery", value: mail.idempotencyKey.replace("/", "_") }],
    });
  });

  test("is the same bytes at every attempt", async () => {
    const server = await startHttp((_, response) =>
      json(response, 500, problem(500, "application_error", "no")),
    );
    const mail = someMail();
    for (let attempt = 1; attempt <= 3; attempt++) await transportTo(server.url).send(mail, PATIENT_MS);
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1);
  });

  test("shares one connection with the mails before and after it", async () => {
    const server = await startHttp((_, response) => json(response, 200, { id: "x" }));
    const transport = transportTo(server.url);
    for (let mail = 1; mail <= 5; mail++)
      expect((await transport.send(someMail(), PATIENT_MS)).outcome).toBe("accepted");
    expect(server.connections()).toBe(1);
  });
});

/** Answers of Resend and of what stands before it; classify-resend.test.ts has every name. */
const REFUSALS: [status: number, name: string, class_: string, code: string][] = [
  [400, "validation_error", "ours", "message_malformed"],
  [401, "missing_api_key", "ours", "credentials_refused"],
  [401, "restricted_api_key", "ours", "credentials_refused"],
  [403, "invalid_api_key", "ours", "credentials_refused"],
  [403, "validation_error", "ours", "sender_refused"],
  [404, "not_found", "ours", "endpoint_wrong"],
  [405, "method_not_allowed", "ours", "endpoint_wrong"],
  [409, "invalid_idempotent_request", "permanent", "idempotency_conflict"],
  [409, "concurrent_idempotent_requests", "ambiguous", "already_in_progress"],
  [422, "invalid_from_address", "ours", "sender_refused"],
  [422, "missing_required_field", "ours", "message_malformed"],
  [429, "rate_limit_exceeded", "transient", "rate_limited"],
  [429, "daily_quota_exceeded", "ours", "quota_exceeded"],
  [429, "monthly_quota_exceeded", "ours", "quota_exceeded"],
  [451, "security_error", "ours", "refused_by_policy"],
  [500, "application_error", "transient", "server_error"],
  [500, "internal_server_error", "transient", "server_error"],
];

describe("a refusal is classed by its name", () => {
  test.each(REFUSALS)("%i %s is %s: %s", async (status, name, class_, code) => {
    const { result } = await sendTo((_, response) => json(response, status, problem(status, name, "No.")));
    expect(result).toEqual({
      outcome: "failed",
      class: class_,
      code,
      providerCode: name,
      providerText: "No.",
      retryAfterSeconds: null,
    });
  });

  test("a bad address of the recipient is told from a bad sender, and neither address is kept", async () => {
    const mail = someMail();
    const { result } = await sendTo(
      (_, response) =>
        json(response, 422, problem(422, "validation_error", `Invalid \`to\` field: ${mail.to}, ${KEY}`)),
      mail,
    );
    expect(result).toMatchObject({
      class: "permanent",
      code: "address_invalid",
      providerText: "Invalid `to` field: …, …",
    });
  });

  test("a proxy's page is kept as a status and 500 characters", async () => {
    const { result } = await sendTo((_, response) => {
      response.writeHead(503, { "content-type": "text/html" });
      response.end(`<html>\r\n<h1>Down</h1>${"x".repeat(5000)}`);
    });
    expect(result).toMatchObject({ class: "transient", code: "server_busy", providerCode: "HTTP 503" });
    expect(result.outcome === "failed" && result.providerText).toMatch(/^<html> <h1>Down<\/h1>x+$/);
    expect(result.outcome === "failed" && result.providerText.length).toBe(500);
  });

  test("an endless page is not read to its end", async () => {
    const { result } = await sendTo((_, response) => {
      response.writeHead(500, { "content-type": "text/html" });
      const write = () => {
        while (!response.destroyed && response.write("x".repeat(16_384)));
      };
      response.on("drain", write);
      write();
    });
    expect(result).toMatchObject({ class: "transient", code: "server_error" });
  });

  test("a redirect is a wrong address of ours and is not followed", async () => {
    const { result, requests } = await sendTo((_, response) => {
      response.writeHead(302, { location: "/elsewhere" });
      response.end();
    });
    expect(result).toMatchObject({ class: "ours", code: "endpoint_wrong", providerCode: "HTTP 302" });
    expect(requests).toHaveLength(1);
  });
});

describe("how long to wait", () => {
  const limited = (headers: Record<string, string>) =>
    sendTo((_, response) => json(response, 429, problem(429, "rate_limit_exceeded", "Slow"), headers));

  test("is what Retry-After says in seconds", async () => {
    expect((await limited({ "retry-after": "17" })).result).toMatchObject({
      code: "rate_limited",
      retryAfterSeconds: 17,
    });
  });

  test("is what Retry-After says as a date", async () => {
    const { result } = await limited({ "retry-after": new Date(Date.now() + 90_000).toUTCString() });
    expect(result.outcome === "failed" && result.retryAfterSeconds).toBeGreaterThanOrEqual(88);
    expect(result.outcome === "failed" && result.retryAfterSeconds).toBeLessThanOrEqual(90);
  });

  test("is when the limit is reset, without Retry-After", async () => {
    expect((await limited({ "ratelimit-reset": "3" })).result).toMatchObject({ retryAfterSeconds: 3 });
  });

  test("is unknown when it is nonsense", async () => {
    expect((await limited({ "retry-after": "a while" })).result).toMatchObject({ retryAfterSeconds: null });
  });
});

describe("before the mail was handed over, a broken connection is transient", () => {
  test("refused", async () => {
    const result = await transportTo(`http://127.0.0.1:${await closedPort()}`).send(someMail(), PATIENT_MS);
    expect(result).toMatchObject({ class: "transient", code: "connection_refused", providerCode: null });
  });

  test("a name that does not resolve", async () => {
    const result = await transportTo("http://api.invalid").send(someMail(), PATIENT_MS);
    expect(result).toMatchObject({ class: "transient", code: "host_not_found" });
  });

  test("a server that accepts and never speaks TLS", async () => {
    const port = await listen(net.createServer(() => {}));
    const started = performance.now();
    const result = await transportTo(`https://localhost:${port}`).send(someMail(), IMPATIENT_MS);
    expect(result).toMatchObject({ class: "transient", code: "timeout", providerCode: null });
    expect(performance.now() - started).toBeLessThan(IMPATIENT_MS + 1000);
  });

  test("a server that reads only a part of a large mail and then drops it", async () => {
    const server = net.createServer((socket) => {
      socket.once("data", () => {
        socket.pause();
        // Reset, so that nothing that waits in the kernel is taken for read.
        socket.resetAndDestroy();
      });
    });
    const port = await listen(server);
    const large = someMail({ html: "x".repeat(20_000_000) });
    const result = await transportTo(`http://127.0.0.1:${port}`).send(large, PATIENT_MS);
    expect(result).toMatchObject({ class: "transient", code: "connection_lost" });
  });
});

test("a certificate nobody vouches for is ours", async () => {
  const server = https.createServer(tlsFiles(), (_, response) => response.end());
  const port = await listen(server);
  const result = await transportTo(`https://localhost:${port}`).send(someMail(), PATIENT_MS);
  expect(result).toMatchObject({ class: "ours", code: "tls_failed" });
});

describe("once the mail was handed over, a lost answer is ambiguous", () => {
  test("the connection breaks after the request", async () => {
    const { result, requests } = await sendTo((_, response) => response.socket?.destroy());
    expect(result).toMatchObject({ class: "ambiguous", code: "reply_lost", providerCode: null });
    expect(requests).toHaveLength(1);
  });

  test("the connection breaks in the middle of the answer", async () => {
    const { result } = await sendTo((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"id":', () => response.socket?.destroy());
    });
    expect(result).toMatchObject({ class: "ambiguous", code: "reply_lost" });
  });

  test("the server never answers", async () => {
    const started = performance.now();
    const { result } = await sendTo(() => {}, someMail(), IMPATIENT_MS);
    expect(result).toMatchObject({ class: "ambiguous", code: "reply_timed_out", providerCode: null });
    expect(performance.now() - started).toBeGreaterThanOrEqual(IMPATIENT_MS - 5);
    expect(performance.now() - started).toBeLessThan(IMPATIENT_MS + 1000);
  });

  test("the server sends its answer for ever", async () => {
    const { result } = await sendTo(
      (_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      },
      someMail(),
      IMPATIENT_MS,
    );
    expect(result).toMatchObject({ class: "ambiguous", code: "reply_timed_out" });
  });

  test.each([502, 504])("a gateway answers %i in its own words", async (status) => {
    const { result } = await sendTo((_, response) => {
      response.writeHead(status, { "content-type": "text/html" });
      response.end("<html><h1>Bad gateway</h1></html>");
    });
    expect(result).toMatchObject({
      class: "ambiguous",
      code: "gateway_error",
      providerCode: `HTTP ${status}`,
    });
  });

  test.each(["<html>Welcome to the hotel</html>", "{}", '{"id":7}', "null", ""])(
    "success without an id is not believed: %j",
    async (body) => {
      const { result } = await sendTo((_, response) => response.end(body));
      expect(result).toMatchObject({
        class: "ambiguous",
        code: "unreadable_answer",
        providerCode: "HTTP 200",
      });
    },
  );
});

test("a kept connection that the server has closed meanwhile costs no attempt", async () => {
  const sockets: net.Socket[] = [];
  const server = await startHttp((_, response) => {
    if (response.socket) sockets.push(response.socket);
    json(response, 200, { id: `${sockets.length}` });
  });
  const transport = transportTo(server.url);
  expect((await transport.send(someMail(), PATIENT_MS)).outcome).toBe("accepted");
  // Reset without a word, and used again before the reset arrives.
  sockets[0]?.resetAndDestroy();
  const second = transport.send(someMail(), PATIENT_MS);
  await nextTurn();
  expect(await second).toEqual({ outcome: "accepted", providerMessageId: "2" });
});

test("a mail that could add a header is not sent at all", async () => {
  const { result, requests } = await sendTo(
    (_, response) => json(response, 200, { id: "x" }),
    someMail({ subject: "Hello\r\nBcc: victim@example.com" }),
  );
  expect(result).toMatchObject({ class: "ours", code: "message_malformed" });
  expect(requests).toHaveLength(0);
});

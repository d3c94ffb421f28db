// Calls that do not take the way through Next's router, over real connections: a server that says 418 stands for Next.
import { once } from "node:events";
import { request as ask, createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { hashSubject } from "@/domain/rate-limit";
import { createTestDatabase } from "@/tests/support/database";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let services: typeof import("@/services");
let next: Server;
let port: number;

beforeAll(async () => {
  database = await createTestDatabase();
  const environment = {
    APP_SECRET: "a secret for tests that is long enough",
    APP_URL: "http://localhost:3000",
    DATABASE_URL: database.url,
    RESEND_API_KEY: "re_test",
    RESEND_BASE_URL: "http://127.0.0.1:9",
    INNGEST_BASE_URL: "http://127.0.0.1:9",
    INNGEST_EVENT_KEY: "key",
    INNGEST_SIGNING_KEY: "signkey-prod-00aa",
    LOG_LEVEL: "silent",
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  services = await import("@/services");
  const { watchPeers } = await import("@/app/_http/peer-address");
  watchPeers();
  const { answerDirectly } = await import("@/app/_http/direct-calls");
  answerDirectly();
  answerDirectly();
  next = createServer((_, response) => response.writeHead(418).end());
  next.listen(0, "127.0.0.1");
  await once(next, "listening");
  port = (next.address() as AddressInfo).port;
});
afterAll(async () => {
  next.closeAllConnections();
  next.close();
  await services.services().notifications.close();
  await services.services().database.close();
  await database.drop();
  vi.unstubAllEnvs();
});

async function register(username: string): Promise<string> {
  const person = { username, email: `${username}@example.com`, password: "far from obvious 7" };
  const body = JSON.stringify(person);
  const headers = { "content-type": "application/json", "content-length": String(body.length) };
  const answer = await call("POST", "/api/v1/usr/register", headers, body);
  return (JSON.parse(answer.body) as { access_token: string }).access_token;
}

async function call(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
  const asking = ask({ port, host: "127.0.0.1", method, path, headers: { connection: "close", ...headers } });
  asking.end(body);
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

/** Bytes as they are, of what no client of Node's would send. */
async function write(lines: string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return text(socket);
}

test("a call is answered by its route's handler, with the headers that every answer has", async () => {
  const { status, headers, body } = await call("GET", "/api/health?x=1");
  expect([status, JSON.parse(body)]).toEqual([200, { status: "ok" }]);
  expect(headers["content-security-policy"]).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(headers["x-content-type-options"]).toBe("nosniff");
});

test("HEAD has the headers of GET and no body, and a method that nobody has is refused in words", async () => {
  expect(await call("HEAD", "/api/health")).toMatchObject({ status: 200, body: "" });
  for (const method of ["DELETE", "PROPFIND"]) {
    const { status, headers, body } = await call(method, "/api/health");
    expect([status, headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect(JSON.parse(body)).toMatchObject({ code: "method_not_allowed" });
  }
});

test("pages, addresses of no call, and hosts that are none are left to Next", async () => {
  for (const path of ["/", "/register", "/api/none", "/api/health/", "/api/auth/session", "/api//health"])
    expect((await call("GET", path)).status, path).toBe(418);
  for (const host of ["localhost:", "a:b", "a:99999", "[::1]:3000", "127.1", "x@y", "x/y"])
    expect(await write(["GET /api/health HTTP/1.1", `Host: ${host}`, "Connection: close"]), host).toMatch(
      /^HTTP\/1\.1 418/,
    );
  expect(await write(["GET /api/health HTTP/1.1", "Host: LOCALHOST:65000", "Connection: close"])).toMatch(
    /^HTTP\/1\.1 200/,
  );
  const absolute = ["GET http://localhost/api/health HTTP/1.1", "Host: localhost", "Connection: close"];
  expect(await write(absolute)).toMatch(/^HTTP\/1\.1 418/);
});

test("a body that is announced, one in pieces, and none at all are read as what they are", async () => {
  const path = "/api/v1/usr/register";
  const json = { "content-type": "application/json" };
  const wrong = await call("POST", path, { ...json, "content-length": "2" }, "{}");
  expect([wrong.status, JSON.parse(wrong.body).errors.length]).toEqual([422, 3]);
  const pieces = await call("POST", path, { ...json, "transfer-encoding": "chunked" }, "{}");
  expect(pieces).toMatchObject({ status: 422, body: wrong.body });
  expect(JSON.parse((await call("POST", path, json)).body)).toMatchObject({ code: "invalid_json" });
  // Without a length and without a type there are no fields, and what is missing is said.
  const bare = await write([`POST ${path} HTTP/1.1`, "Host: localhost", "Connection: close"]);
  expect(bare).toMatch(/^HTTP\/1\.1 422/);
  const huge = await call("POST", path, { ...json, "content-length": "20000" }, "x".repeat(20_000));
  expect(JSON.parse(huge.body)).toMatchObject({ status: 413, code: "body_too_large" });
});

test("who holds the connection is known to a handler, whatever the client writes", async () => {
  const body = JSON.stringify({ username: "ada", email: "ada@example.com", password: "far from obvious 7" });
  const headers = {
    "content-type": "application/json",
    "content-length": String(body.length),
    "x-latchkey-peer": "guess 198.51.100.7",
    "x-forwarded-for": "198.51.100.7",
  };
  expect(await call("POST", "/api/v1/usr/register", headers, body)).toMatchObject({ status: 201 });
  const events = await services.services().db.query.auditLog.findMany();
  const network = hashSubject(services.services(), "127.0.0.1");
  expect(events).toEqual([expect.objectContaining({ type: "registered", network })]);
});

test("HEAD of a stream ends with its headers", async () => {
  const authorization = `Bearer ${await register("grace")}`;
  const { status, headers, body } = await call("HEAD", "/api/v1/usr/confirmation/events", { authorization });
  expect([status, headers["content-type"], body]).toEqual([200, "text/event-stream; charset=utf-8", ""]);
});

test("whoever hangs up in the middle of a body is no error of ours", async () => {
  const told = vi.spyOn(services.services().log, "error");
  const closed = new Promise<void>((resolve) => {
    next.once("connection", (socket) => socket.once("close", () => resolve()));
  });
  const socket = connect(port, "127.0.0.1");
  const head = [
    "POST /api/v1/usr/register HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    "Content-Length: 90",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n{`);
  // Once it is known that the server waits for the rest.
  await call("GET", "/api/health");
  socket.resetAndDestroy();
  await closed;
  await call("GET", "/api/health");
  expect(told).not.toHaveBeenCalled();
});

test("a call that no engine can have signed is refused before its body is read", async () => {
  for (const signature of ["t=1&s=x", "", `t=1&s=${"A".repeat(64)}`]) {
    const head = [
      "POST /api/inngest?fnId=latchkey-send-confirmation-email&stepId=step HTTP/1.1",
      "Host: localhost",
      `X-Inngest-Signature: ${signature}`,
      "Content-Length: 4000000",
      "Connection: close",
    ];
    expect(await write(head), signature).toMatch(/^HTTP\/1\.1 401[\s\S]+not_signed/);
  }
});

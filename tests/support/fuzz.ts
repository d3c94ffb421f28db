// Requests that nobody would send on purpose: near misses of good ones, and plain noise.
import { randomBytes } from "node:crypto";
import { Agent, type IncomingMessage, request } from "node:http";
import fc from "fast-check";

export type Shot = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | null;
};
export type Hit = { status: number; headers: IncomingMessage["headers"]; body: string; elapsedMs: number };

/** What an endpoint takes, so that most shots get past the door. */
export type Target = {
  path: string;
  method: string;
  /** Fields of a good body, each with what comes near to it. */
  fields?: Record<string, fc.Arbitrary<unknown>>;
  /** Good Authorization values. */
  tokens?: readonly string[];
  /** A session's cookie: most shots bring it, as from a page of ours. */
  cookie?: string;
};

const FORM = "application/x-www-form-urlencoded";
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Text that programs trip over: NUL, lone surrogates, marks of direction, quotes of SQL and HTML, very long. */
const nasty = fc.constantFrom(
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "\udfff\ud800",
  "\u202e",
  "\ufeff",
  "ﬃ",
  "İ",
  "ß".repeat(300),
  "e\u0301".repeat(200),
  "'; drop table users; --",
  "$1",
  "%00",
  "\r\nBcc: eve@example.com",
  "<script>alert(1)</script>",
  "__proto__",
  "constructor",
  "../../etc/passwd",
  "👩‍👩‍👧‍👦".repeat(20),
  "x".repeat(5_000),
);
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.string({ maxLength: 80 }),
  nasty,
);
const json = fc.jsonValue({ maxDepth: 4 });

/** A name that nobody has: fast-check would make the same ones again after a while. */
const fresh = () => `f${randomBytes(8).toString("hex")}`;
export const username = fc.oneof(fc.constant(0).map(fresh), fc.stringMatching(/^[\w.-]{1,34}$/), text);
export const email = fc.oneof(
  fc.constant(0).map(() => `${fresh()}@example.com`),
  fc.emailAddress(),
  fc.tuple(text, text).map(([local, domain]) => `${local}@${domain}`),
  text,
);
export const password = fc.oneof(fc.constant("correct horse battery"), text);
export const code = fc.oneof(fc.stringMatching(/^\d{6}$/), text, fc.integer());

/** Header values as HTTP can carry them: visible ASCII and Latin-1. */
const headerValue = fc
  .string({ unit: "binary-ascii", maxLength: 200 })
  .map((value) => value.replaceAll(/[^\x20-\x7e\xa0-\xff]/g, ""));

function body({ fields = {} }: Target): fc.Arbitrary<{ type: string; bytes: Buffer }> {
  const near = fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        fc.oneof({ weight: 8, arbitrary: value }, { weight: 1, arbitrary: json }),
      ]),
    ),
    { requiredKeys: [] },
  );
  const whole = fc.record(fields);
  const asJson = (value: unknown) => ({
    type: "application/json",
    bytes: Buffer.from(JSON.stringify(value)),
  });
  const asForm = (value: object) => {
    // Not String(field): noise may bring a toString of its own.
    const asText = (field: unknown) => (typeof field === "string" ? field : JSON.stringify(field));
    const pairs = Object.entries(value).map(([name, field]) => [name, asText(field).toWellFormed()]);
    return { type: FORM, bytes: Buffer.from(new URLSearchParams(pairs).toString()) };
  };
  return fc.oneof(
    { weight: 5, arbitrary: whole.map(asJson) },
    { weight: 4, arbitrary: near.map(asJson) },
    { weight: 2, arbitrary: near.map(asForm) },
    { weight: 2, arbitrary: json.map(asJson) },
    // JSON cut off, doubled, with a mark in front: what a broken client sends.
    {
      weight: 1,
      arbitrary: fc.tuple(near, fc.nat(60)).map(([value, cut]) => {
        const { type, bytes } = asJson(value);
        return { type, bytes: bytes.subarray(0, Math.max(0, bytes.length - cut)) };
      }),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom("[".repeat(8_000), '{"a":'.repeat(3_000), "\ufeff{}", "{}{}", "1e999", '"\\ud800"')
        .map((raw) => ({ type: "application/json", bytes: Buffer.from(raw) })),
    },
    {
      weight: 2,
      arbitrary: fc
        .uint8Array({ maxLength: 400 })
        .chain((bytes) =>
          fc
            .constantFrom("application/json", FORM, "text/plain", "multipart/form-data; boundary=x", "")
            .map((type) => ({ type, bytes: Buffer.from(bytes) })),
        ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(16_384, 16_385, 40_000).map((size) => ({
        type: "application/json",
        bytes: Buffer.from(JSON.stringify({ username: "x".repeat(size) })),
      })),
    },
  );
}

/** Shots at one endpoint. */
export function shotsAt(target: Target): fc.Arbitrary<Shot> {
  const good = target.tokens ?? [];
  const authorization = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<string | null>(null, ...good.map((token) => `Bearer ${token}`)) },
    { weight: 1, arbitrary: headerValue },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "Bearer",
        "Bearer ",
        "Basic eA==",
        "Bearer a.b.c",
        `Bearer ${"e".repeat(4000)}`,
      ),
    },
  );
  const extra = fc.dictionary(
    fc.constantFrom(
      "accept",
      "accept-language",
      "cookie",
      "forwarded",
      "if-none-match",
      "last-event-id",
      "next-action",
      "origin",
      "range",
      "referer",
      "rsc",
      "sec-fetch-site",
      "svix-id",
      "svix-signature",
      "svix-timestamp",
      "user-agent",
      "x-forwarded-for",
      "x-forwarded-host",
      "x-forwarded-proto",
      "x-http-method-override",
      "x-inngest-server-kind",
      "x-inngest-signature",
    ),
    headerValue,
    { maxKeys: 4 },
  );
  const query = fc.oneof(
    { weight: 4, arbitrary: fc.constant("") },
    {
      weight: 1,
      arbitrary: fc
        .dictionary(text, text, { maxKeys: 3 })
        .map((pairs) =>
          `?${new URLSearchParams(Object.entries(pairs).map(([name, value]) => [name.toWellFormed(), value.toWellFormed()]))}`.slice(
            0,
            2_000,
          ),
        ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom("?%", "?%zz=%ff", "?a[]=1&a[]=2", "?__proto__=1", "??", "?fnId=x&stepId=y"),
    },
  );
  const method = fc.oneof(
    { weight: 9, arbitrary: fc.constant(target.method) },
    { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
  );
  const own = target.cookie ? { cookie: target.cookie, "sec-fetch-site": "same-origin" } : {};
  const session = fc.oneof(
    { weight: 4, arbitrary: fc.constant(own) },
    { weight: 1, arbitrary: fc.constant({}) },
  );
  return fc
    .tuple(method, authorization, extra, query, fc.option(body(target), { freq: 12 }), session)
    .map(([chosen, bearer, headers, search, content, kept]) => {
      const hasBody = content !== null && chosen !== "GET" && chosen !== "HEAD";
      return {
        method: chosen,
        path: target.path + search,
        headers: {
          ...headers,
          ...kept,
          ...(bearer === null ? {} : { authorization: bearer }),
          ...(hasBody && content.type !== "" ? { "content-type": content.type } : {}),
        },
        body: hasBody ? content.bytes : null,
      };
    });
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
/** An event stream stays open; so much of it is an answer. */
const STREAM_SEEN_BYTES = 64;

/** Sends it, over plain HTTP/1.1, and reads the answer whole (of a stream: its beginning). Throws when late. */
export function send(baseUrl: string, shot: Shot, timeoutMs: number): Promise<Hit> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(baseUrl),
      {
        agent,
        method: shot.method,
        path: shot.path,
        headers: {
          ...shot.headers,
          ...(shot.body ? { "content-length": String(shot.body.length) } : {}),
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        const finish = () => {
          clearTimeout(timer);
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(chunks).toString("utf8"),
            elapsedMs: performance.now() - started,
          });
        };
        const isStream = answer.headers["content-type"]?.startsWith("text/event-stream");
        answer.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          if (isStream && Buffer.concat(chunks).length >= STREAM_SEEN_BYTES) {
            finish();
            outgoing.destroy();
          }
        });
        answer.on("end", finish);
        answer.on("error", reject);
      },
    );
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`No answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    outgoing.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.end(shot.body ?? undefined);
  });
}

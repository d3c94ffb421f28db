// A local server that speaks the range protocol (https://haveibeenpwned.com/API/v3#PwnedPasswords): padded answers with
// CRLF, suffixes of 35 hexadecimal digits, 400 for anything but five digits.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createBreachedPasswords } from "@/domain/breached-passwords";
import { judgeNewPassword } from "@/domain/password-rules";
import { registerUser } from "@/domain/registration";
import type { Log } from "@/domain/services";
import { createTestDatabase } from "@/tests/support/database";
import { createTestServices, someone } from "@/tests/support/services";

const BREACHED = "a passphrase from a breach";
const sha1 = (text: string) => createHash("sha1").update(text).digest("hex").toUpperCase();

type Seen = { url: string; headers: IncomingMessage["headers"] };
type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function startRangeServer(behaviour: Behaviour = answerRange): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? "", headers: request.headers });
    behaviour(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const answerRange: Behaviour = (request, response) => {
  const prefix = /^\/range\/([0-9A-F]{5})$/.exec(request.url ?? "")?.[1];
  if (!prefix) return void response.writeHead(400).end("The hash prefix was not in a valid format");
  const padding =
    request.headers["add-padding"] === "true"
      ? Array.from({ length: 900 }, (_, n) => [`${n}`, 0] as const)
      : [];
  const known = [
    [BREACHED, 42],
    ["another one", 7],
  ] as const;
  const lines = [
    ...padding.map(([text, count]) => `${sha1(`padding ${text}`).slice(5)}:${count}`),
    // Padding may carry a suffix that somebody asks for: its count of 0 is what tells.
    `${sha1("only padding").slice(5)}:0`,
    ...known
      .filter(([text]) => sha1(text).startsWith(prefix))
      .map(([text, count]) => `${sha1(text).slice(5)}:${count}`),
  ];
  response.writeHead(200, { "content-type": "text/plain" }).end(lines.join("\r\n"));
};

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

describe("ASVS 6.2.12: breached passwords", () => {
  test("are known, and the service learns five digits of a hash and nothing else", async () => {
    const { url, seen } = await startRangeServer();
    const breached = createBreachedPasswords(url, silent);
    expect(await breached.isBreached(BREACHED)).toBe(true);
    expect(await breached.isBreached("nobody has ever used this one")).toBe(false);
    expect(seen[0]?.url).toBe(`/range/${sha1(BREACHED).slice(0, 5)}`);
    expect(seen[0]?.headers["add-padding"]).toBe("true");
    expect(seen[0]?.headers["user-agent"]).toBe("Latchkey");
    expect(JSON.stringify(seen)).not.toContain(sha1(BREACHED).slice(5));
    expect(JSON.stringify(seen)).not.toContain(BREACHED);
  });

  test("that stand in an answer as padding only, were in no breach", async () => {
    const { url } = await startRangeServer();
    expect(await createBreachedPasswords(url, silent).isBreached("only padding")).toBe(false);
  });

  const broken: [string, Behaviour][] = [
    ["says 503", (_, response) => void response.writeHead(503).end("busy")],
    ["says 429", (_, response) => void response.writeHead(429, { "retry-after": "2" }).end()],
    [
      "sends people elsewhere",
      (_, response) => void response.writeHead(302, { location: "/range/00000" }).end(),
    ],
    ["hangs", () => {}],
    ["hangs in the middle of its answer", (_, response) => void response.writeHead(200).write("0000")],
    ["hangs up", (request) => void request.socket.destroy()],
    ["answers without end", (_, response) => void response.writeHead(200).end("0".repeat(300_000))],
  ];
  test.each(broken)("let everybody in within a second when the service %s", async (_name, behaviour) => {
    const { url } = await startRangeServer(behaviour);
    const warnings: string[] = [];
    const log: Log = { ...silent, warn: (_facts, sentence) => void warnings.push(sentence) };
    const startedAt = performance.now();
    expect(await createBreachedPasswords(url, log).isBreached(BREACHED)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(warnings).toHaveLength(1);
  });

  test("let everybody in when nobody answers at that address", async () => {
    expect(await createBreachedPasswords("http://127.0.0.1:9", silent).isBreached(BREACHED)).toBe(false);
  });
});

describe("registering", () => {
  test("with a password from a breach is refused with the reason, on its field, and leaves nothing behind", async () => {
    const database = await createTestDatabase();
    const services = createTestServices(database.url);
    closing.push(async () => {
      await services.close();
      await database.drop();
    });
    const { url } = await startRangeServer();
    services.breachedPasswords = createBreachedPasswords(url, silent);
    const person = someone({ password: BREACHED });
    await expect(registerUser(services, person)).rejects.toMatchObject({
      code: "invalid_input",
      details: {
        fields: [{ field: "password", code: "breached_password", text: "breached_password" }],
      },
    });
    await expect(registerUser(services, { ...person, password: "password1" })).rejects.toMatchObject({
      details: { fields: [{ field: "password", code: "common_password" }] },
    });
    await expect(
      registerUser(services, { ...person, password: `${person.username}!` }),
    ).rejects.toMatchObject({
      details: { fields: [{ field: "password", code: "context_word" }] },
    });
    // The name is free: nothing was written.
    await expect(
      registerUser(services, { ...person, password: "another passphrase" }),
    ).resolves.toBeDefined();
    await expect(judgeNewPassword(services, BREACHED, person, "new_password")).rejects.toMatchObject({
      details: { fields: [{ field: "new_password" }] },
    });
  });
});

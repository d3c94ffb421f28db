// Route handlers with the services of a real process: what they tell of mails and of the parts they depend on.
import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { isSuppressed } from "@/db/provider-events";
import type { ProcessServices } from "@/services";
import { createTestDatabase } from "@/tests/support/database";
import { someone } from "@/tests/support/services";
import { openTcpGate, type TcpGate } from "@/tests/support/tcp-gate";

vi.mock("server-only", () => ({}));

const WEBHOOK_SECRET = `whsec_${Buffer.from("a secret for tests that is long enough").toString("base64")}`;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let gate: TcpGate;
/** Resend, as far as it is needed here. */
let provider: Server;
let answer: { status: number; body: object };
let services: ProcessServices;

beforeAll(async () => {
  database = await createTestDatabase();
  provider = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  provider.closeAllConnections();
  provider.close();
  await database.drop();
});
beforeEach(async () => {
  answer = { status: 200, body: { id: randomUUID() } };
  const target = new URL(database.url);
  gate = await openTcpGate({ host: target.hostname, port: Number(target.port) });
  target.host = `127.0.0.1:${gate.port}`;
  vi.resetModules();
  for (const key of [
    "latchkeyInngest",
    "latchkeyEngine",
    "latchkeyServices",
    "latchkeyProbe",
    "latchkeyScrape",
    "latchkeyIsWarming",
  ])
    Reflect.deleteProperty(globalThis, key);
  const environment = {
    APP_SECRET: "a secret for tests that is long enough",
    DATABASE_URL: target.href,
    RESEND_API_KEY: "re_test",
    RESEND_BASE_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}`,
    RESEND_WEBHOOK_SECRET: WEBHOOK_SECRET,
    INNGEST_DEV: "1",
    EMAIL_MODE: "sync",
    // On a busy machine too the attempt has ended when the answer is written.
    EMAIL_SYNC_BUDGET: "10",
    RATE_LIMITS: "off",
    METRICS_TOKEN: "a-token-of-a-monitor",
    LOG_LEVEL: "silent",
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  services = (await import("@/services")).services();
});
afterEach(async () => {
  await services.notifications.close();
  await services.database.close();
  await gate.close();
  vi.unstubAllEnvs();
});

/** What webhooks say of a mail of ours. */
const ours = (deliveryId: string) => ({
  email_id: randomUUID(),
  tags: { delivery: `delivery_${deliveryId}` },
});

type RegisterAnswer = {
  email_confirmation_sent: boolean;
  email_info: { will_retry?: boolean };
  delivery: { id: string; status: string };
};

async function register(person = someone()): Promise<RegisterAnswer> {
  const { POST } = await import("@/app/api/v1/usr/register/route");
  const response = await POST(
    new Request("http://localhost:3000/api/v1/usr/register", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(person),
    }),
  );
  return (await response.json()) as RegisterAnswer;
}

describe("will_retry in the answer to a registration", () => {
  beforeEach(() => {
    // However long the machine takes, the attempt gets what a second leaves when nothing took any time.
    const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
    return () => now.mockRestore();
  });

  test("is true while another attempt is planned", async () => {
    answer = { status: 500, body: { name: "application_error", message: "oh" } };
    expect(await register()).toMatchObject({
      email_confirmation_sent: false,
      email_info: { will_retry: true, can_resend: true },
    });
  });

  test("is false after a refusal for good", async () => {
    answer = {
      status: 422,
      body: { name: "validation_error", message: "Invalid `to` field.", statusCode: 422 },
    };
    expect(await register()).toMatchObject({
      email_confirmation_sent: false,
      email_info: { will_retry: false, can_resend: true },
      delivery: { status: "failed" },
    });
  });
});

/** A webhook, signed as Resend signs it; the status of the answer. */
async function hear(type: string, data: object): Promise<number> {
  const { POST } = await import("@/app/api/webhooks/resend/route");
  const body = JSON.stringify({ type, data });
  const at = new Date();
  const id = `msg_${randomUUID()}`;
  const headers = {
    "svix-id": id,
    "svix-timestamp": String(Math.floor(at.getTime() / 1000)),
    "svix-signature": new Webhook(WEBHOOK_SECRET).sign(id, at, body),
  };
  return (
    await POST(new Request("http://localhost:3000/api/webhooks/resend", { method: "POST", headers, body }))
  ).status;
}

describe("a webhook that has nothing to do with us", () => {
  test.each([
    ["about a contact", "contact.created", { id: "x" }],
    ["about a mail that was opened", "email.opened", { email_id: randomUUID() }],
    ["about another program's mail", "email.delivered", { email_id: randomUUID(), to: ["x@example.com"] }],
    ["about a mail that is gone here", "email.delivered", ours(randomUUID())],
  ])("%s is taken, so that it is not sent again", async (_, type, data) => {
    expect(await hear(type, data)).toBe(204);
  });

  test("but one about a mail that names none is refused", async () => {
    expect(await hear("email.delivered", {})).toBe(400);
  });
});

describe("a bounce told by Resend", () => {
  const bounce = (deliveryId: string, bounced: object) =>
    hear("email.bounced", { ...ours(deliveryId), ...bounced });

  test("of a mail that is gone here bars its address, which the webhook names", async () => {
    const { email } = someone();
    expect(await bounce(randomUUID(), { to: [email], bounce: { type: "Permanent" } })).toBe(204);
    expect(await isSuppressed(services.db, email)).toBe(true);
  });

  test.each([
    ["Permanent", { bounce: { type: "Permanent", subType: "General", message: "no such user" } }, true],
    ["Transient", { bounce: { type: "Transient", subType: "MailboxFull", message: "full" } }, false],
    ["Undetermined", { bounce: { type: "Undetermined", subType: "Undetermined", message: "?" } }, false],
    ["of no type", { bounce: { message: "?" } }, false],
    ["without a word", {}, false],
  ])(
    "that is %s ends the delivery as bounced, and bars the address only when it is permanent",
    async (_, bounced, isBarred) => {
      const person = someone();
      const { delivery } = await register(person);
      expect(await bounce(delivery.id, bounced)).toBe(204);
      expect(await isSuppressed(services.db, person.email)).toBe(isBarred);
      const { findDelivery } = await import("@/db/deliveries");
      expect(await findDelivery(services.db, delivery.id)).toMatchObject({ status: "bounced" });
    },
  );
});

describe("readiness", () => {
  async function ready(): Promise<{ status: number; retryAfter: string | null; body: object }> {
    const { GET } = await import("@/app/api/ready/route");
    const response = await GET();
    return {
      status: response.status,
      retryAfter: response.headers.get("retry-after"),
      body: (await response.json()) as object,
    };
  }

  test("is there while the database answers, and shows the engine's breaker without minding it", async () => {
    expect(await ready()).toEqual({
      status: 200,
      retryAfter: null,
      body: { status: "ready", database: "ok", engine_breaker: "closed", mail_provider_breaker: null },
    });
    const { engine } = await import("@/inngest/publish");
    for (const _ of [1, 2]) engine(services).breaker.failed(new Date());
    expect(await ready()).toMatchObject({ status: 200, body: { status: "ready", engine_breaker: "open" } });
  });

  test("is not there while the database is away, is said within two seconds, and comes back with it", async () => {
    expect(await ready()).toMatchObject({ status: 200 });
    for (const goAway of [() => gate.refuse(), async () => gate.silence()]) {
      await goAway();
      const startedAt = performance.now();
      const all = await Promise.all([ready(), ready(), ready()]);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      for (const one of all)
        expect(one).toMatchObject({
          status: 503,
          retryAfter: "5",
          body: { status: "not_ready", database: "away" },
        });
      await gate.open();
      services.database.renew(0);
      await expect.poll(async () => (await ready()).status, { timeout: 10_000 }).toBe(200);
    }
  });

  test("is not there before the process is warm, nor kept back by a warming up that fails", async () => {
    const { delayReadiness } = await import("@/inngest/readiness");
    let fail = (_: Error) => {};
    delayReadiness(
      new Promise((_, reject) => {
        fail = reject;
      }),
    );
    expect(await ready()).toMatchObject({ status: 503, body: { status: "starting", database: "ok" } });
    fail(new Error("no mail could be rendered"));
    await expect.poll(ready).toMatchObject({ status: 200, body: { status: "ready" } });
  });

  test("is over once the process is told to end", async () => {
    services.sending.stop();
    expect(await ready()).toMatchObject({ status: 503, body: { status: "stopping", database: "ok" } });
  });

  test("tells strangers words only: no address, no name, no error", async () => {
    await gate.refuse();
    const text = JSON.stringify((await ready()).body);
    expect(text).not.toMatch(/127\.0\.0\.1|postgres|ECONN|resend|:\/\//i);
  });
});

describe("metrics", () => {
  async function scrape(authorization?: string) {
    const { GET } = await import("@/app/api/metrics/route");
    const response = await GET(
      new Request("http://localhost:3000/api/metrics", { headers: authorization ? { authorization } : {} }),
    );
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      text: await response.text(),
    };
  }

  test("tell the monitor what happened, and are for nobody else", async () => {
    const person = someone();
    await register(person);
    const isAccepted = /^latchkey_acceptance_delay_seconds_count 1$/m;
    await expect.poll(async () => (await scrape("Bearer a-token-of-a-monitor")).text).toMatch(isAccepted);
    const told = await scrape("Bearer a-token-of-a-monitor");
    expect(told).toMatchObject({ status: 200, type: "text/plain; version=0.0.4; charset=utf-8" });
    expect(told.text).toContain('latchkey_registrations_total{outcome="registered"} 1');
    expect(told.text).toMatch(
      /latchkey_recent_deliveries\{state="sent",provider="resend",error_class="none"\} \d/,
    );
    expect(told.text).toContain('latchkey_breaker_state{breaker="engine",state="closed"} 1');
    expect(told.text).toContain("latchkey_database_up 1");
    expect(told.text).not.toContain(person.username);
    for (const wrong of [undefined, "Bearer another-token", "Basic YTpi", "Bearer", "a-token-of-a-monitor"])
      expect(await scrape(wrong)).toMatchObject({ status: 401, type: "application/problem+json" });
  });

  test("are not there without a token set: 404", async () => {
    vi.stubEnv("METRICS_TOKEN", "");
    vi.resetModules();
    expect(await scrape("Bearer a-token-of-a-monitor")).toMatchObject({ status: 404 });
    expect(await scrape("Bearer ")).toMatchObject({ status: 404 });
  });

  test("still tell what the process knows while the database is away, within four seconds", async () => {
    for (const goAway of [() => gate.refuse(), async () => gate.silence()]) {
      await goAway();
      const startedAt = performance.now();
      const told = await scrape("Bearer a-token-of-a-monitor");
      expect(performance.now() - startedAt).toBeLessThan(4_500);
      expect(told).toMatchObject({ status: 200 });
      expect(told.text).toContain("latchkey_database_up 0");
      expect(told.text).not.toMatch(/^latchkey_queue_oldest_seconds /m);
      await gate.open();
      services.database.renew(0);
      await expect
        .poll(async () => (await scrape("Bearer a-token-of-a-monitor")).text, { timeout: 10_000 })
        .toContain("latchkey_database_up 1");
    }
  });
});

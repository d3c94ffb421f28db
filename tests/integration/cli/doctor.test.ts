// The doctor against real SQL, the real local mail server, and an engine that answers as told.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkDatabase } from "@/cli/doctor/database";
import { checkEngine } from "@/cli/doctor/engine";
import type { Variables } from "@/cli/doctor/environment";
import type { Finding } from "@/cli/doctor/finding";
import { checkMail } from "@/cli/doctor/mail";
import { runDoctor } from "@/cli/doctor/run";
import { findDelivery } from "@/db/deliveries";
import { listDeliveries } from "@/db/delivery-list";
import { attemptDelivery } from "@/domain/email-delivery";
import { hashSigningKey } from "@/inngest/signing-key";
import { createTestDatabase } from "@/tests/support/database";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { type MailProcess, startMailProcess } from "../mail/support/mail-process";

const KEY = "re_the_one";
const SIGNING_KEY = "signkey-prod-9f2c4e1ab7d35068c4e2f19a7b3d5e60";
const EVENT_KEY = "Xw93kTzLq0PvRm5d";

const database = useTestDatabase();
const services = useTestServices(database);
let mail: MailProcess;
let engine: Server;
let engineUrl: string;
let apps: object[];
let taken: { method: string; url: string; body: string }[];

beforeAll(async () => {
  mail = await startMailProcess({ env: { RESEND_API_KEY: KEY } });
  engine = createServer((request, response) => {
    void readText(request).then((body) => {
      const { status, answer } = answerAsEngine(request, body);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => engine.listen(0, "127.0.0.1", resolve));
  engineUrl = `http://127.0.0.1:${(engine.address() as AddressInfo).port}`;
});
afterAll(async () => {
  engine.closeAllConnections();
  engine.close();
  await mail.stop();
});
beforeEach(() => {
  apps = [{ id: "latchkey", error: null }];
  taken = [];
});

/** What inngest-protocol answers; the app's own /api/inngest is played by the same server. */
function answerAsEngine(request: IncomingMessage, body: string): { status: number; answer: object } {
  const url = request.url ?? "";
  taken.push({ method: request.method ?? "", url, body });
  if (url.startsWith("/e/"))
    return url === `/e/${EVENT_KEY}`
      ? { status: 200, answer: { ids: [], status: 200 } }
      : { status: 401, answer: { status: 401, error: "Event key not found" } };
  if (url === "/api/inngest")
    return request.headers["x-inngest-signature"]
      ? { status: 200, answer: { authentication_succeeded: true } }
      : { status: 401, answer: { message: "Unauthorized" } };
  if (request.headers.authorization !== `Bearer ${hashSigningKey(SIGNING_KEY)}`)
    return { status: 401, answer: { status: 401, error: "Unauthorized" } };
  return { status: 200, answer: { data: url === "/v2/apps" ? apps : [] } };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

const environment = (): Variables => ({
  APP_URL: engineUrl,
  APP_SECRET: "4IbWLbRZ1nR5zDkJmv0tqYxB7cPf2GaE",
  DATABASE_URL: database.url,
  INNGEST_BASE_URL: engineUrl,
  INNGEST_EVENT_KEY: EVENT_KEY,
  INNGEST_SIGNING_KEY: SIGNING_KEY,
  RESEND_API_KEY: KEY,
  RESEND_BASE_URL: mail.url,
  RESEND_WEBHOOK_SECRET: "whsec_4IbWLbRZ1nR5zDkJmv0tqYxB7cPf2GaE",
});

const badOnes = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level !== "ok").map(({ level, says }) => `${level}: ${says}`);

/** Seconds the doctor waits for a mail: long where one comes, since it may come slowly; short where none does. */
const PATIENT = 30;
const IMPATIENT = 0.5;
let patienceSeconds = PATIENT;
afterEach(() => {
  patienceSeconds = PATIENT;
});

async function doctor(variables: Variables, ...args: string[]) {
  const said = { out: [] as string[], err: [] as string[] };
  const terminal = {
    out: (line: string) => void said.out.push(line),
    err: (line: string) => void said.err.push(line),
  };
  const code = await runDoctor(args, variables, () => services, terminal, patienceSeconds);
  return { code, out: said.out.join("\n"), err: said.err.join("\n") };
}

describe("npm run doctor", () => {
  test("finds nothing to mend where all is well, sends nothing, and tells no secret", async () => {
    const { code, out, err } = await doctor(environment());
    expect(out).toMatch(/\n\d+ ok, 0 to look at, 0 to mend\.$/);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(taken.find(({ method }) => method === "POST")?.body).toBe("[]");
    for (const secret of [KEY, SIGNING_KEY, EVENT_KEY, "4IbWLbRZ1"]) expect(out).not.toContain(secret);
  });

  test("says everything that is wrong at once, in words or as JSON, and ends with 1", async () => {
    apps = [];
    const wrong = { ...environment(), RESEND_API_KEY: "re_another", APP_SECRET: "" };
    const { code, out } = await doctor(wrong, "--json");
    const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Finding[] };
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    const problems = findings.filter(({ level }) => level === "problem");
    expect(problems.map(({ part }) => part)).toEqual(["environment", "engine", "mail"]);
    for (const { mend } of problems) expect(mend).toMatch(/\w+/);
    expect((await doctor(wrong)).out).toContain("3 to mend");
  });

  test("explains itself, and refuses a command line that makes no sense", async () => {
    expect((await doctor({}, "--help")).code).toBe(0);
    for (const args of [["--send", "nobody"], ["--sent"], ["more"]])
      expect(await doctor({}, ...args)).toMatchObject({ code: 2, out: "" });
  });
});

describe("the database", () => {
  test("without migrations, of a name that is not there, or away, is a problem each", async () => {
    const empty = await createTestDatabase({ migrated: false });
    try {
      expect(badOnes(await checkDatabase(empty.url))).toEqual([
        expect.stringMatching(/^problem: \d+ of \d+ migrations are not applied\.$/),
      ]);
    } finally {
      await empty.drop();
    }
    const none = new URL(database.url);
    none.pathname = "/no_such_database";
    expect(badOnes(await checkDatabase(none.href))).toEqual(["problem: It does not let us in (3D000)."]);
    expect(badOnes(await checkDatabase("postgres://127.0.0.1:1/latchkey"))).toEqual([
      "problem: It does not answer (ECONNREFUSED).",
    ]);
  });
});

describe("the engine", () => {
  test("that has other keys, or is away, is said with the key that is wrong", async () => {
    const eventKey = await checkEngine({ ...environment(), INNGEST_EVENT_KEY: "another" });
    expect(badOnes(eventKey)).toEqual(["problem: It does not know the event key."]);
    const signingKey = await checkEngine({ ...environment(), INNGEST_SIGNING_KEY: "signkey-prod-00" });
    expect(badOnes(signingKey)[0]).toBe("problem: It does not know the signing key.");
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    await new Promise((resolve) => closed.close(resolve));
    const away = await checkEngine({ ...environment(), INNGEST_BASE_URL: url });
    expect(badOnes(away)).toEqual([`problem: It does not answer at ${url} (ECONNREFUSED).`]);
  });
});

describe("the way of a mail", () => {
  const smtp = (credentials = "") => ({ SMTP_URL: `smtp://${credentials}127.0.0.1:${mail.smtpPort}` });

  test("by SMTP is tried up to the sign-in, and no mail is left behind", async () => {
    expect(badOnes(await checkMail(smtp(`resend:${KEY}@`)))).toEqual([]);
    expect(badOnes(await checkMail(smtp("resend:wrong@")))).toEqual([
      expect.stringMatching(/^problem: The SMTP server .* does not take mail \(credentials_refused, 535/),
    ]);
    expect(badOnes(await checkMail({ SMTP_URL: "smtp://127.0.0.1:1" }))).toEqual([
      "problem: The SMTP server 127.0.0.1:1 does not take mail (connection_refused).",
    ]);
    expect(badOnes(await checkMail({ SMTP_URL: "smtp://127.0.0.1/path" }))).toEqual([
      "problem: SMTP_URL has a path, which means nothing.",
    ]);
    const list = await fetch(`${mail.url}/emails`, { headers: { authorization: `Bearer ${KEY}` } });
    expect(await list.json()).toMatchObject({ data: [] });
  });

  test("by Resend without a webhook secret leaves deliveries unknown: a warning", async () => {
    const { RESEND_WEBHOOK_SECRET: _, ...without } = environment();
    expect(badOnes(await checkMail(without))).toEqual([
      expect.stringMatching(/^warning: RESEND_WEBHOOK_SECRET is not set/),
    ]);
  });
});

describe("--send", () => {
  async function send(to: string) {
    const { code, out } = await doctor(environment(), "--send", to, "--json");
    const { findings } = JSON.parse(out) as { findings: Finding[] };
    const sending = findings.filter(({ part }) => part === "send");
    const deliveryId = /Delivery (\S+)/.exec(sending[0]?.says ?? "")?.[1] ?? "";
    return { code, deliveryId, last: sending.at(-1) };
  }

  /** What the engine does in the running product. */
  async function beTheProduct(until: () => boolean): Promise<void> {
    while (!until()) {
      const waiting = await listDeliveries(services.db, { statuses: ["queued"] }, { limit: 10 });
      for (const { id } of waiting) await attemptDelivery(services, id);
      await delay(20);
    }
  }

  async function sendWhileProductRuns(to: string) {
    services.pass(5);
    let isOver = false;
    const product = beTheProduct(() => isOver);
    services.settings.queueDelaySeconds = 0;
    try {
      return await send(to);
    } finally {
      isOver = true;
      await product;
    }
  }

  test("makes a delivery that the running product sends, and says by whom it was taken", async () => {
    const to = someone().email;
    const { code, deliveryId, last } = await sendWhileProductRuns(to);
    expect(last).toMatchObject({ level: "ok", says: "scripted took the mail at attempt 1 (sent)." });
    expect(code).toBe(0);
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({ recipient: to, status: "sent" });
    expect(services.transport.handed.map((email) => email.to)).toEqual([to]);
  });

  test("says why an attempt failed", async () => {
    services.transport.answer(refusal({ class: "ours", code: "sender_refused" }));
    const { code, last } = await sendWhileProductRuns(someone().email);
    expect(last).toMatchObject({ level: "problem", says: expect.stringContaining("sender_refused") });
    expect(code).toBe(1);
  });

  test("never sends by itself: with nobody to send, the delivery waits and that is said", async () => {
    patienceSeconds = IMPATIENT;
    const { code, deliveryId, last } = await send(someone().email);
    expect(last).toMatchObject({ level: "problem", says: expect.stringContaining("Nobody has begun") });
    expect(code).toBe(1);
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "queued", attemptCount: 0 });
    expect(services.transport.handed).toEqual([]);
  });
});

// SIGTERM to a process that is in the middle of a mail (DESIGN.md P2: deploys lose nothing).
import { type ChildProcess, fork } from "node:child_process";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { registerUser } from "@/domain/registration";
import { startOtlpReceiver } from "@/tests/support/otlp-receiver";
import { someone } from "@/tests/support/services";
import { openTcpGate } from "@/tests/support/tcp-gate";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const PROCESS = path.resolve(import.meta.dirname, "support/server-process.ts");

const database = useTestDatabase();
const services = useTestServices(database);

/** A provider that answers when it is told to. */
async function startProvider() {
  const waiting: http.ServerResponse[] = [];
  const server = http.createServer((request, response) => {
    request.resume().on("end", () => waiting.push(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    waiting,
    answerAll: () => {
      for (const response of waiting) response.end('{"id":"the-mail"}');
    },
  };
}

async function startProcess(databaseUrl: string, providerUrl: string, settings: Record<string, string> = {}) {
  const child: ChildProcess = fork(PROCESS, {
    execArgv: ["--import", "tsx"],
    env: {
      ...process.env,
      APP_SECRET: "a secret for tests that is long enough",
      DATABASE_URL: databaseUrl,
      RESEND_API_KEY: "re_test",
      RESEND_BASE_URL: providerUrl,
      INNGEST_DEV: "http://127.0.0.1:9",
      EMAIL_TIMEOUT: "60",
      // Mails of other tests are none of its business.
      EMAIL_WATCHDOG_AFTER: "3600",
      LOG_LEVEL: "silent",
      ...settings,
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said: unknown[] = [];
  child.on("message", (message) => said.push(message));
  const state = { isOver: false };
  const over = new Promise<number | null>((resolve) =>
    child.once("exit", (code) => {
      state.isOver = true;
      resolve(code);
    }),
  );
  await expect.poll(() => said, { timeout: 45_000 }).toContain("ready");
  return { child, said, state, over };
}

test("the mail that was begun is finished and written down, a later one is not begun, and then it ends", async () => {
  const provider = await startProvider();
  const server = await startProcess(database.url, provider.url);
  const begun = await registerUser(services, someone());
  const later = await registerUser(services, someone());
  server.child.send(begun.deliveryId);
  await expect.poll(() => provider.waiting.length, { timeout: 20_000 }).toBe(1);
  server.child.kill("SIGTERM");
  await expect.poll(() => server.said, { timeout: 20_000 }).toContain("told to end");
  server.child.send(later.deliveryId);
  await expect.poll(() => server.said, { timeout: 20_000 }).toContain("paced");
  expect(server.state.isOver).toBe(false);
  provider.answerAll();
  expect(await server.over).toBe(0);
  expect(await findDelivery(services.db, begun.deliveryId)).toMatchObject({
    status: "sent",
    providerMessageId: "the-mail",
    leaseToken: null,
  });
  expect(await findDelivery(services.db, later.deliveryId)).toMatchObject({
    status: "queued",
    attemptCount: 0,
  });
  expect(provider.waiting).toHaveLength(1);
}, 90_000);

test("an acceptance that cannot be written down yet keeps the process until the database is back", async () => {
  const provider = await startProvider();
  const target = new URL(database.url);
  const gate = await openTcpGate({ host: target.hostname, port: Number(target.port) });
  onTestFinished(() => gate.close());
  target.host = `127.0.0.1:${gate.port}`;
  const server = await startProcess(target.href, provider.url);
  const { deliveryId } = await registerUser(services, someone());
  server.child.send(deliveryId);
  await expect.poll(() => provider.waiting.length, { timeout: 20_000 }).toBe(1);
  await gate.refuse();
  server.child.kill("SIGTERM");
  const keptSince = performance.now();
  provider.answerAll();
  // Longer than the first tries take together: nobody gives up after a second or two.
  await expect.poll(() => performance.now() - keptSince, { timeout: 5_000 }).toBeGreaterThan(2_500);
  expect(server.state.isOver).toBe(false);
  await gate.open();
  expect(await server.over).toBe(0);
  expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "sent" });
  expect(await listAttempts(services.db, deliveryId)).toMatchObject([{ outcome: "accepted" }]);
}, 90_000);

test("the trace of the last mail is handed over before the process ends, in either form of OTLP", async () => {
  for (const protocol of ["http/json", "http/protobuf"]) {
    const collector = await startOtlpReceiver();
    onTestFinished(() => collector.close());
    const provider = await startProvider();
    const server = await startProcess(database.url, provider.url, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      // Nothing leaves by itself.
      OTEL_BSP_SCHEDULE_DELAY: "3600000",
    });
    const { deliveryId } = await registerUser(services, someone());
    server.child.send(deliveryId);
    await expect.poll(() => provider.waiting.length, { timeout: 20_000 }).toBe(1);
    server.child.kill("SIGTERM");
    await expect.poll(() => server.said, { timeout: 20_000 }).toContain("told to end");
    expect(collector.requests).toEqual([]);
    provider.answerAll();
    expect(await server.over).toBe(0);
    expect(collector.requests.map(({ url }) => url)).toEqual(["/v1/traces"]);
    // In protobuf, texts are as they are.
    const [{ body } = { body: "" }] = collector.requests;
    for (const name of ["send by resend", "attempt delivery", deliveryId]) expect(body).toContain(name);
  }
}, 120_000);

test("a collector that does not answer keeps no process from ending", async () => {
  const collector = await startProvider();
  const provider = await startProvider();
  const server = await startProcess(database.url, provider.url, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: "3600000",
    OTEL_EXPORTER_OTLP_TIMEOUT: "600000",
    OTEL_BSP_EXPORT_TIMEOUT: "600000",
  });
  const { deliveryId } = await registerUser(services, someone());
  server.child.send(deliveryId);
  await expect.poll(() => provider.waiting.length, { timeout: 20_000 }).toBe(1);
  provider.answerAll();
  await expect.poll(() => server.said, { timeout: 20_000 }).toContain("sent");
  server.child.kill("SIGTERM");
  expect(await server.over).toBe(0);
  expect(collector.waiting).toHaveLength(1);
}, 90_000);

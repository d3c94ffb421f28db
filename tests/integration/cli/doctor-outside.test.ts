// The doctor against those who are told what happens, the canary's runs in real SQL, and a collector of traces.
import { randomUUID } from "node:crypto";
import { createServer as createTlsServer } from "node:https";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkCanary } from "@/cli/doctor/canary";
import type { Finding } from "@/cli/doctor/finding";
import { checkIntercom, checkWebhooks } from "@/cli/doctor/outside";
import { checkTraces } from "@/cli/doctor/traces";
import { insertCanaryRun, updateCanaryRun } from "@/db/canary";
import { startIntercom } from "@/tests/support/intercom";
import { startOtlpReceiver } from "@/tests/support/otlp-receiver";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { startReceiver, WEBHOOK_SECRET } from "@/tests/support/webhook-receiver";
import { closedPort, listen, tlsFiles } from "../emails/scripted-servers";

const database = useTestDatabase();
const services = useTestServices(database);

const badOnes = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level !== "ok").map(({ level, says }) => `${level}: ${says}`);

describe("those who are told what happens", () => {
  test("an endpoint is asked and told nothing, and of its address nothing is shown but the host", async () => {
    const receiver = await startReceiver();
    receiver.answer(405);
    const findings = await checkWebhooks({ WEBHOOK_URLS: receiver.url, WEBHOOK_SECRET });
    expect(badOnes(findings)).toEqual([]);
    expect(receiver.requests.map(({ method, body }) => ({ method, body }))).toEqual([
      { method: "HEAD", body: "" },
    ]);
    expect(JSON.stringify(findings)).not.toContain("s3cret-path");
    expect(JSON.stringify(findings)).not.toContain(WEBHOOK_SECRET);
    expect(await checkWebhooks({})).toEqual([]);
  });

  test("an endpoint that is away, and one whose certificate nobody knows, are problems", async () => {
    const away = `127.0.0.1:${await closedPort()}`;
    const unproven = `localhost:${await listen(createTlsServer(tlsFiles(), (_, response) => response.end()))}`;
    const findings = await checkWebhooks({ WEBHOOK_URLS: `http://${away}/a,https://${unproven}/b` });
    expect(badOnes(findings)).toEqual([
      `problem: ${away} does not answer (ECONNREFUSED).`,
      expect.stringMatching(/^problem: localhost:\d+ shows no certificate that proves who it is/),
    ]);
  });

  test("Intercom is asked with the token, and nobody is made a contact", async () => {
    const intercom = await startIntercom();
    const variables = { INTERCOM_BASE_URL: intercom.url, INTERCOM_ACCESS_TOKEN: intercom.token };
    expect(await checkIntercom(variables)).toMatchObject([{ level: "ok" }]);
    expect(badOnes(await checkIntercom({ ...variables, INTERCOM_ACCESS_TOKEN: "another" }))).toEqual([
      "problem: Intercom does not take the token.",
    ]);
    expect(intercom.contacts.size).toBe(0);
    expect(await checkIntercom({})).toEqual([]);
  });
});

describe("the canary", () => {
  test("is told of by its last run", async () => {
    const variables = { CANARY_TO: "canary@sink.example", DATABASE_URL: database.url };
    expect(badOnes(await checkCanary(variables))).toEqual([
      "warning: CANARY_TO is set, and no canary has ended within a day.",
    ]);
    const startedAt = new Date();
    const id = randomUUID();
    await insertCanaryRun(services.db, { id, startedAt });
    const acceptedAt = new Date(startedAt.getTime() + 2_300);
    await updateCanaryRun(services.db, id, { acceptedAt, endedAt: acceptedAt });
    expect(await checkCanary(variables)).toMatchObject([
      { level: "ok", says: "The canary of 0 min ago came through, 2.3 s after it registered." },
    ]);
    expect(await checkCanary({ DATABASE_URL: database.url })).toEqual([]);
    expect(await checkCanary({ ...variables, DATABASE_URL: "postgres://127.0.0.1:1/latchkey" })).toEqual([]);
  });
});

describe("the collector of traces", () => {
  test("is asked in either form of OTLP, with its headers and no span", async () => {
    const collector = await startOtlpReceiver();
    onTestFinished(() => collector.close());
    for (const protocol of ["", "http/json"])
      expect(
        await checkTraces({
          OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_EXPORTER_OTLP_HEADERS: "x-key=k7",
        }),
      ).toMatchObject([{ level: "ok" }]);
    expect(collector.requests).toMatchObject([
      { url: "/v1/traces", headers: { "content-type": "application/x-protobuf", "x-key": "k7" }, body: "" },
      { url: "/v1/traces", headers: { "content-type": "application/json", "x-key": "k7" } },
    ]);
    expect(collector.spans).toEqual([]);
  });

  test("that is away is a problem, one that is switched off a warning, none at all nothing to speak of", async () => {
    const away = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await closedPort()}` };
    expect(badOnes(await checkTraces(away))).toEqual([
      "problem: The collector does not answer (ECONNREFUSED).",
    ]);
    expect(await checkTraces({ ...away, OTEL_SDK_DISABLED: "true" })).toMatchObject([{ level: "warning" }]);
    expect(await checkTraces({})).toEqual([]);
  });
});

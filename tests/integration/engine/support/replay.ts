// Plays a recording of a real Inngest server against our engine: the stub below answers as the recorded app
// did, and each call of the engine is compared with the one that the real server made.

import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, onTestFinished } from "vitest";
import { startEngine } from "@/local/inngest/engine.ts";
import { emptyDatabase } from "./empty-database.ts";
import {
  type CallBody,
  comparable,
  type Exchange,
  type Json,
  type RecordedCall,
  readCalls,
  readRecording,
  seedFor,
} from "./recording.ts";
import { until } from "./until.ts";
import { AppServer, post } from "./world.ts";

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

export class Replay {
  readonly #exchanges: Exchange[];
  readonly #calls: RecordedCall[];
  readonly #app = new AppServer();
  /** Our ids by theirs, both ways round: applied to the text of what we sent before it is compared. */
  readonly #ids = new Map<string, string>();
  readonly #problems: unknown[] = [];
  readonly #sentReplies = new Set<string>();
  #engineUrl = "";
  /** Bodies of registrations answered, ours beside theirs. */
  readonly registrations: { ours: Json; theirs: Json }[] = [];

  constructor(name: string) {
    this.#exchanges = readRecording(name);
    this.#calls = readCalls(this.#exchanges);
  }

  get callCount(): number {
    return this.#calls.length;
  }

  /** Plays everything; throws the first difference. */
  async play(): Promise<void> {
    const databaseUrl = await emptyDatabase();
    await this.#app.listen();
    const startedAt = Date.now();
    const recordedAt = Math.min(...this.#exchanges.map((one) => one.t));
    const engine = await startEngine({
      databaseUrl,
      appUrl: `http://127.0.0.1:${this.#app.port}/api/inngest`,
      port: 0,
      hasClockApi: true,
      jitterMs: () => 0,
      realNow: () => recordedAt + Date.now() - startedAt,
    });
    this.#engineUrl = engine.url;
    onTestFinished(async () => {
      await this.#app.close();
      await engine.stop();
    });
    this.#app.handler = (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        this.#problems.push(error);
        response.destroy();
      });
    };
    await until("the recorded app has registered", () => this.#check() || this.registrations.length > 0);
    await this.#sendTriggers();
    await until("every recorded call has been made", async () => {
      this.#check();
      if (this.#calls.every((call) => call.isDone)) return true;
      if (await this.#sendReplies()) return false;
      await fetch(`${this.#engineUrl}/dev/clock`, post({ advance_to_next: true }));
      return false;
    });
    this.#check();
  }

  #check(): false {
    if (this.#problems.length > 0) throw this.#problems[0];
    return false;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request);
    if (request.method === "PUT") return await this.#register(response);
    const body = JSON.parse(text) as CallBody;
    const query = new URLSearchParams((request.url ?? "").split("?")[1]);
    const call = this.#find(query, JSON.parse(this.#translate(text)) as CallBody);
    if (!call) throw new Error(`The real server did not make this call: ${request.url} ${text}`);
    call.isDone = true;
    this.#ids.set(body.ctx.run_id, call.body.ctx.run_id);
    this.#ids.set(body.ctx.job_id, call.body.ctx.job_id);
    this.#ids.set(String(body.ctx.qi_id), String(call.body.ctx.qi_id));
    const ours = JSON.parse(this.#translate(text)) as CallBody;
    expect(comparable(ours)).toEqual(comparable(call.body));
    this.#compareHeaders(request, call);
    await this.#inRecordedOrder(call, body.ctx.run_id);
    for (const nested of call.nested) await this.#ask(nested, body);
    const headers = Object.entries(call.exchange.resH).filter(
      ([name]) => name.startsWith("x-inngest-") || name === "retry-after" || name === "content-type",
    );
    response.writeHead(call.exchange.status, Object.fromEntries(headers));
    response.end(call.exchange.res);
  }

  /** The recorded app registered by itself while the server asked it (out-of-band sync). */
  async #register(response: ServerResponse): Promise<void> {
    const recorded = this.#exchanges.find((one) => one.url === "/fn/register");
    const put = this.#exchanges.find((one) => one.method === "PUT");
    if (!recorded) throw new Error("The recording has no registration.");
    const body = recorded.req.replaceAll(/(localhost|127\.0\.0\.1):3\d01/g, `127.0.0.1:${this.#app.port}`);
    const answer = await fetch(`${this.#engineUrl}/fn/register`, { method: "POST", body });
    expect(answer.status).toBe(recorded.status);
    this.registrations.push({
      ours: (await answer.json()) as Json,
      theirs: JSON.parse(recorded.res) as Json,
    });
    response.writeHead(200, { "content-type": "application/json", "x-inngest-sdk": "inngest-js:v4.24.0" });
    response.end(put?.res ?? '{"message":"Successfully registered","modified":false}');
  }

  #translate(text: string): string {
    let translated = text;
    for (const [ours, theirs] of this.#ids) translated = translated.replaceAll(ours, theirs);
    return translated;
  }

  #find(query: URLSearchParams, body: CallBody): RecordedCall | undefined {
    const known = Object.keys(body.steps).sort().join();
    return this.#calls.find(
      (call) =>
        !call.isDone &&
        call.fnId === query.get("fnId") &&
        call.stepId === query.get("stepId") &&
        call.body.ctx.attempt === body.ctx.attempt &&
        Object.keys(call.body.steps).sort().join() === known &&
        call.body.event.name === body.event.name &&
        (call.body.event.id === body.event.id || body.event.name === "inngest/function.invoked"),
    );
  }

  #compareHeaders(request: IncomingMessage, call: RecordedCall): void {
    const names = [
      "user-agent",
      "content-type",
      "x-inngest-req-version",
      "x-inngest-step-id",
      "x-inngest-generation-id",
      "x-inngest-job-id",
      "x-run-id",
    ];
    const ours = names.map((name) => [name, this.#translate(String(request.headers[name]))]);
    const theirs = names.map((name) => [name, call.exchange.reqH[name]]);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
  }

  /** Steps that ran beside each other end here in the order in which they ended there. */
  async #inRecordedOrder(call: RecordedCall, ourRunId: string): Promise<void> {
    const end = (one: RecordedCall) => one.exchange.t + one.exchange.ms;
    const before = this.#calls.filter(
      (one) =>
        one.stepId !== "step" && one.body.ctx.run_id === call.body.ctx.run_id && one.stepId !== call.stepId,
    );
    for (const other of before) {
      if (call.stepId === "step" || end(other) > end(call)) continue;
      await until("the other parallel step has ended", async () => {
        const answer = await fetch(`${this.#engineUrl}/v2/runs/${ourRunId}/trace`);
        const { data } = (await answer.json()) as { data: { steps: { id: string; status: string }[] } };
        return data.steps.some((step) => step.id === other.stepId && step.status === "COMPLETED");
      });
    }
  }

  /** Asks our engine what the app asked the real server, and expects the same answer. */
  async #ask(recorded: Exchange, body: CallBody): Promise<void> {
    const theirs = [...this.#ids].find(([ours]) => ours === body.ctx.run_id)?.[1] ?? "";
    let text = recorded.req;
    let path = recorded.url;
    for (const [ours, recordedId] of this.#ids) text = text.replaceAll(recordedId, ours);
    if (theirs) path = path.replaceAll(theirs, body.ctx.run_id);
    const seed = recorded.reqH["x-inngest-event-id-seed"];
    const answer = await fetch(`${this.#engineUrl}${path}`, {
      method: recorded.method,
      body: text,
      headers: { "content-type": "application/json", ...(seed ? { "x-inngest-event-id-seed": seed } : {}) },
    });
    expect([path, answer.status]).toEqual([path, recorded.status]);
    const ours = await answer.text();
    if (recorded.res === "") expect(ours).toBe("");
    else expect(JSON.parse(ours)).toEqual(JSON.parse(recorded.res));
  }

  /** Sends the events that started runs: as the app sent them if that was recorded, else as the run shows them. */
  async #sendTriggers(): Promise<void> {
    const events = new Map(
      this.#calls
        .filter((call) => !call.body.event.name.startsWith("inngest/"))
        .map((call) => [call.body.event.id, call.body.event]),
    );
    const recorded = this.#exchanges.filter(
      (one) => one.url.startsWith("/e/") && this.#calls.every((call) => !call.nested.includes(one)),
    );
    for (const exchange of recorded) {
      await this.#ask(exchange, { ctx: { run_id: "", job_id: "", attempt: 0 } } as CallBody);
      for (const sent of JSON.parse(exchange.req) as { id?: string }[]) if (sent.id) events.delete(sent.id);
    }
    for (const event of events.values()) await this.#sendAs(event);
  }

  /** Sends an event so that it gets the id it had. */
  async #sendAs(event: { [key: string]: unknown }): Promise<void> {
    const id = String(event.id);
    const isInternal = /^01M8[0-9A-Z]{22}$/.test(id);
    const { name, data, ts } = event;
    const answer = await fetch(`${this.#engineUrl}/e/any`, {
      ...post([{ name, data, ts, ...(isInternal ? {} : { id }) }]),
      headers: isInternal ? { "x-inngest-event-id-seed": seedFor(id) } : {},
    });
    expect(answer.status).toBe(200);
  }

  /** Sends the events that steps waited for, once they wait. True when one was sent, or soon will be. */
  async #sendReplies(): Promise<boolean> {
    for (const call of this.#calls) {
      if (call.isDone) continue;
      const wait = this.#calls.find(
        (one) =>
          one.isDone &&
          one.body.ctx.run_id === call.body.ctx.run_id &&
          one.exchange.res.includes("WaitForEvent"),
      );
      if (!wait) continue;
      const [op] = JSON.parse(wait.exchange.res) as { id: string }[];
      const reply = call.body.steps[op?.id ?? ""] as Json | null | undefined;
      if (!reply || this.#sentReplies.has(String(reply.id))) continue;
      const ourRunId = [...this.#ids].find(([, theirs]) => theirs === call.body.ctx.run_id)?.[0];
      const answer = await fetch(`${this.#engineUrl}/v2/runs/${ourRunId}/trace`);
      const { data } = (await answer.json()) as { data: { steps: { id: string; status: string }[] } };
      // Not yet stored: moving the clock now would only end the wait.
      if (!data.steps.some((step) => step.id === op?.id && step.status === "WAITING")) return true;
      this.#sentReplies.add(String(reply.id));
      await this.#sendAs(reply);
      return true;
    }
    return false;
  }
}

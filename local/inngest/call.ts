// One call of the app: what is asked, and what kind of answer came back. Only ever the configured app address.
import http from "node:http";
import https from "node:https";
import { type ErrorInfo, parseJson, plainText, toErrorInfo } from "./json.ts";
import type { Answer } from "./ops.ts";
import { ANSWER_BYTES_MAX, CALL_BYTES_MAX, describeIssues, Ops, VERSION_ASK } from "./protocol.ts";
import { isInputMemo } from "./reruns.ts";
import { canonicalJson, isSignedBy, signBody } from "./signing.ts";
import type { Job } from "./store/jobs.ts";

/**
 * How long the app may take for one step. The real server allows 2 hours; here a call is also what keeps a
 * clean stop waiting, and a step of a sign-up product that takes two minutes has long failed.
 */
export const CALL_TIMEOUT_MS = 120_000;
/** Node's servers close idle connections after 5 s; leaving earlier avoids the race. */
const IDLE_SOCKET_MS = 4_000;

export type HttpAnswer = { status: number; headers: http.IncomingHttpHeaders; body: string };

export type Caller = {
  request(
    method: "POST" | "PUT" | "GET",
    query: string,
    headers: http.OutgoingHttpHeaders,
    body: string,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<HttpAnswer>;
  close(): void;
};

/** Speaks HTTP to one address with connections that are kept open. */
export function createCaller(appUrl: URL, connectionsMax: number): Caller {
  const transport = appUrl.protocol === "https:" ? https : http;
  const agent = new transport.Agent({
    keepAlive: true,
    maxSockets: connectionsMax + 4,
    maxFreeSockets: connectionsMax,
    timeout: IDLE_SOCKET_MS,
    scheduling: "lifo",
  });
  const send: Caller["request"] = (method, query, headers, body, options) =>
    new Promise((resolve, reject) => {
      const deadline = AbortSignal.timeout(options.timeoutMs);
      const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
      const url = new URL(appUrl);
      url.search = query;
      const request = transport.request(
        url,
        {
          method,
          agent,
          signal,
          headers: { ...headers, "content-length": Buffer.byteLength(body) },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on("data", (chunk: Buffer) => {
            size += chunk.length;
            if (size > ANSWER_BYTES_MAX) {
              response.destroy(new Error(`The answer is larger than ${ANSWER_BYTES_MAX / 1024 / 1024} MB.`));
            } else chunks.push(chunk);
          });
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString("utf8"),
            }),
          );
        },
      );
      // The agent's time-out is for idle connections; a working one may be silent as long as the call may take.
      request.setTimeout(0);
      request.on("error", (error: NodeJS.ErrnoException) => {
        if (deadline.aborted) {
          reject(new Error(`The app did not answer within ${Math.round(options.timeoutMs / 1000)} s.`));
        } else if (request.reusedSocket && error.code === "ECONNRESET") {
          // The app closed an idle connection just as we used it: nothing was answered, ask on a new one.
          send(method, query, headers, body, options).then(resolve, reject);
        } else reject(error);
      });
      request.end(body);
    });
  return { request: send, close: () => agent.destroy() };
}

export type CallInput = {
  job: Job;
  functionSlug: string;
  maxAttempts: number;
  sdkVersion: number;
  /** JSON. */
  event: string;
  /** JSON by step id, in the order in which the steps ended. */
  memos: ReadonlyMap<string, string>;
  disableImmediateExecution: boolean;
  requestId: string;
};

export type CallRequest = { query: string; headers: http.OutgoingHttpHeaders; body: string };

/**
 * The request for one call, as the real server makes it but without `ctx.fn_id`: the SDK then answers one
 * step per request, and every result reaches the database in the response.
 */
export function buildCall(input: CallInput): CallRequest {
  const { job } = input;
  // A step that is only given another input has not run.
  const order = [...input.memos].flatMap(([id, memo]) => (isInputMemo(memo) ? [] : [id]));
  const full = buildBody(input, order, false);
  const body = Buffer.byteLength(full) > CALL_BYTES_MAX ? buildBody(input, order, true) : full;
  return {
    query: new URLSearchParams({ fnId: input.functionSlug, stepId: job.step_id }).toString(),
    headers: {
      "content-type": "application/json",
      "user-agent": "Inngest",
      "x-inngest-generation-id": String(job.generation),
      "x-inngest-job-id": job.id,
      "x-inngest-req-version": String(input.sdkVersion),
      "x-inngest-step-id": job.step_id,
      "x-request-id": input.requestId,
      "x-run-id": job.run_id,
    },
    body,
  };
}

function buildBody(input: CallInput, order: readonly string[], useApi: boolean): string {
  const { job } = input;
  const context = {
    attempt: job.attempt,
    disable_immediate_execution: input.disableImmediateExecution,
    env: "",
    generation_id: job.generation,
    job_id: job.id,
    max_attempts: input.maxAttempts,
    qi_id: queueItemId(job.id),
    request_id: input.requestId,
    run_id: job.run_id,
    stack: { current: order.length, stack: order },
    step_id: "step",
    use_api: useApi,
  };
  // Bodies are JSON already; joining text spares parsing and writing them again.
  const steps = useApi ? "" : [...input.memos].map(([id, memo]) => `${JSON.stringify(id)}:${memo}`).join(",");
  return (
    `{"ctx":${JSON.stringify(context)},"defers":{},"event":${input.event},` +
    `"events":${useApi ? "[]" : `[${input.event}]`},"steps":{${steps}},` +
    `"use_api":${useApi},"version":${input.sdkVersion}}`
  );
}

/** The id under which the SDK would checkpoint: what the real server calls its queue item. */
export function queueItemId(jobId: string): string {
  return Buffer.from(`${jobId}::default`).toString("base64");
}

export function jobIdOf(queueItem: string): string {
  return Buffer.from(queueItem, "base64").toString("utf8").split("::")[0] ?? "";
}

/** Signs a request when there is a key. The canonical form is also what is sent. */
export function signRequest(request: CallRequest, signingKey: string | null, realNowMs: number): CallRequest {
  if (signingKey === null) return request;
  const body = canonicalJson(request.body);
  return {
    ...request,
    body,
    headers: { ...request.headers, "x-inngest-signature": signBody(signingKey, body, realNowMs) },
  };
}

type Timing = { startedAtMs: number; endedAtMs: number };

/** Nothing that the SDK could have said: a lost connection, a time-out, too large an answer. */
export function unreachable(error: unknown, timing: Timing): Answer {
  return {
    kind: "error",
    error: { name: "Unreachable", message: `The app could not be called: ${describeNetworkError(error)}` },
    isFinal: false,
    retryAfter: null,
    sdkVersion: null,
    ...timing,
  };
}

export function describeNetworkError(error: unknown): string {
  if (error instanceof AggregateError) {
    return [...new Set(error.errors.map(describeNetworkError))].join("; ");
  }
  return error instanceof Error ? error.message || error.name : String(error);
}

function single(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** Reads an HTTP answer. What does not carry the SDK's mark is an error, whatever its status says. */
export function readAnswer(http: HttpAnswer, signingKey: string | null, timing: Timing): Answer {
  const sdk = single(http.headers["x-inngest-sdk"]);
  const retryAfter = single(http.headers["retry-after"]);
  const error = (info: ErrorInfo, isFinal: boolean): Answer => ({
    kind: "error",
    error: info,
    isFinal,
    retryAfter,
    sdkVersion: null,
    ...timing,
  });
  if (sdk === null) return error({ name: "NotInngest", message: describeStranger(http) }, false);
  const signature = single(http.headers["x-inngest-signature"]);
  if (signingKey !== null && signature !== null && !isSignedBy(signingKey, http.body, signature)) {
    return error({ name: "BadSignature", message: "The app's answer is signed with another key." }, false);
  }
  if (http.status === 201) return readStream(http, signingKey, timing);
  const version = Number(single(http.headers["x-inngest-req-version"]) ?? VERSION_ASK);
  const sdkVersion = Number.isInteger(version) ? version : VERSION_ASK;
  if (http.status === 200) {
    const output = http.body === "" ? "null" : http.body;
    if (parseJson(output) === undefined) {
      return error({ name: "BadAnswer", message: "The function's result is not JSON." }, false);
    }
    return { kind: "done", output, sdkVersion, ...timing };
  }
  if (http.status === 206) {
    const ops = Ops.safeParse(parseJson(http.body));
    if (!ops.success) {
      return error(
        { name: "BadAnswer", message: `The steps cannot be read: ${describeIssues(ops.error)}` },
        false,
      );
    }
    return { kind: "ops", ops: ops.data, retryAfter, sdkVersion, ...timing };
  }
  const isFinal = single(http.headers["x-inngest-no-retry"]) === "true";
  const info = toErrorInfo(parseJson(http.body), `The app answered with status ${http.status}.`);
  return { ...error(info, isFinal), sdkVersion };
}

/** With INNGEST_STREAMING the real answer follows as JSON once the function is through. */
function readStream(http: HttpAnswer, signingKey: string | null, timing: Timing): Answer {
  const inner = parseJson(http.body.trim());
  if (typeof inner === "object" && inner !== null && "status" in inner && "body" in inner) {
    const headers = "headers" in inner && typeof inner.headers === "object" ? inner.headers : {};
    const lower = Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
    );
    const body = typeof inner.body === "string" ? inner.body : JSON.stringify(inner.body);
    const status = Number(inner.status);
    if (status !== 201) {
      return readAnswer({ status, body, headers: { ...http.headers, ...lower } }, signingKey, timing);
    }
  }
  return {
    kind: "error",
    error: { name: "BadAnswer", message: "The streamed answer ended before its result." },
    isFinal: false,
    retryAfter: null,
    sdkVersion: null,
    ...timing,
  };
}

function describeStranger(http: HttpAnswer): string {
  if (http.status === 401) {
    return "The app refused the signature (401): INNGEST_SIGNING_KEY of the app and of the engine differ, or only one of them has it.";
  }
  const excerpt = plainText(http.body.replaceAll(/\s+/g, " "), 200);
  return `The answer (status ${http.status}) does not come from the Inngest SDK: ${excerpt}`;
}

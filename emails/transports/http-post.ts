// One HTTP request that knows how far it got. `fetch` does not tell whether a request that failed had been sent, and
// that is the difference between "try again anywhere" and "the provider may have the mail" (promise P3).
import http from "node:http";
import https from "node:https";

const BODY_BYTES_MAX = 64 * 1024;

export type HttpAnswer = { status: number; headers: Record<string, string>; body: string };

export type HttpOutcome =
  | ({ kind: "answer" } & HttpAnswer)
  /** `handedOver`: the whole request had left this process, so the server may have acted on it. */
  | { kind: "broken"; error: Error; timedOut: boolean; handedOver: boolean }
  /** `mayStillSend` said no: nothing of the request has left this process. */
  | { kind: "unwanted" };

/** Keeps connections open between requests, unlike Node's default agent of old; idle ones do not hold the process. */
export function createAgent(url: URL): http.Agent {
  const options = { keepAlive: true, scheduling: "lifo" } as const;
  return url.protocol === "https:" ? new https.Agent(options) : new http.Agent(options);
}

type Request = {
  headers: Record<string, string>;
  body: string;
  agent: http.Agent;
  signal: AbortSignal;
  /** Asked when the connection is there, before anything is sent over it. Must not reject. */
  mayStillSend: () => Promise<boolean>;
};

/**
 * Posts `body` and reads the answer, at most 64 KiB of it. Settles when `signal` aborts at the latest; never rejects.
 * The limit covers name lookup, connecting, TLS and the whole answer.
 */
export async function postOnce(url: URL, request: Request): Promise<HttpOutcome> {
  const first = await attempt(url, request);
  // A kept connection that the server closed while our request was on its way: nobody has read it, or the idempotency
  // key makes a second one harmless. Without this, every first mail after a pause could cost a minute.
  const isStale = first.outcome.kind === "broken" && first.wasReused && !first.outcome.timedOut;
  if (!isStale || request.signal.aborted) return first.outcome;
  // Where one kept connection has ended, the others may have too: this one is new.
  const second = (await attempt(url, { ...request, agent: false })).outcome;
  // The first request may have been read after all. What the second one learns undoes that only when it was taken, or
  // when the mail itself is refused, which it then was the first time too.
  const isVerdict = second.kind === "answer" && (second.status < 300 || VERDICTS.has(second.status));
  return first.outcome.kind === "broken" && first.outcome.handedOver && !isVerdict ? first.outcome : second;
}

const VERDICTS: ReadonlySet<number> = new Set([400, 422]);

function attempt(
  url: URL,
  { headers, body, agent, signal, mayStillSend }: Omit<Request, "agent"> & { agent: http.Agent | false },
): Promise<{ outcome: HttpOutcome; wasReused: boolean }> {
  return new Promise((resolve) => {
    const send = url.protocol === "https:" ? https.request : http.request;
    const bytes = Buffer.from(body);
    const request = send(url, {
      method: "POST",
      agent,
      signal,
      headers: { ...headers, "content-length": String(bytes.byteLength) },
    });
    let isSettled = false;
    const settle = (outcome: HttpOutcome) => {
      isSettled = true;
      resolve({ outcome, wasReused: request.reusedSocket });
    };
    const fail = (error: Error) =>
      settle({
        kind: "broken",
        error,
        timedOut: signal.aborted,
        // Set once everything has been given to the operating system: never before the connection is there.
        handedOver: request.writableFinished,
      });
    request.on("error", fail);
    request.on("response", (response) => readAnswer(response, settle, fail));
    const sendIfWanted = async () => {
      const isWanted = await mayStillSend();
      if (isSettled) return;
      if (isWanted) return request.end(bytes);
      settle({ kind: "unwanted" });
      request.destroy();
    };
    request.once("socket", (socket) => {
      if (request.reusedSocket) void sendIfWanted();
      else socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => void sendIfWanted());
    });
  });
}

function readAnswer(
  response: http.IncomingMessage,
  settle: (outcome: HttpOutcome) => void,
  fail: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const finish = () =>
    settle({
      kind: "answer",
      status: response.statusCode ?? 0,
      headers: flatten(response.headers),
      body: Buffer.concat(chunks).toString("utf8"),
    });
  response.on("data", (chunk: Buffer) => {
    size += chunk.byteLength;
    chunks.push(chunk);
    if (size > BODY_BYTES_MAX) {
      // No answer of an API is this long; what was read so far says enough.
      finish();
      response.destroy();
    }
  });
  response.on("end", finish);
  response.on("error", fail);
}

function flatten(headers: http.IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

// The recordings of a real Inngest server in tests/support/wire, read.
import { readFileSync } from "node:fs";

export type Json = { [key: string]: unknown };

export type Exchange = {
  t: number;
  ms: number;
  dir: "app->server" | "server->app";
  method: string;
  url: string;
  reqH: Record<string, string>;
  req: string;
  status: number;
  resH: Record<string, string>;
  res: string;
};

export type CallBody = {
  ctx: Json & { run_id: string; job_id: string; attempt: number };
  event: Json & { id: string; name: string; ts: number; data: Json };
  events: Json[];
  steps: { [id: string]: unknown };
};

export type RecordedCall = {
  exchange: Exchange;
  body: CallBody;
  fnId: string;
  stepId: string;
  /** What the app asked of the server while it worked on this call. */
  nested: Exchange[];
  isDone: boolean;
};

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The request seed under which the first event of a request gets exactly this id. */
export function seedFor(ulid: string): string {
  const value = (text: string) =>
    [...text].reduce((sum, letter) => sum * 32n + BigInt(CROCKFORD.indexOf(letter)), 0n);
  const entropy = Buffer.from(value(ulid.slice(10)).toString(16).padStart(20, "0"), "hex");
  entropy.writeUInt32BE(entropy.readUInt32BE(6) - 1, 6);
  return `${value(ulid.slice(0, 10))},${entropy.toString("base64")}`;
}

export function readRecording(name: string): Exchange[] {
  const text = readFileSync(`tests/support/wire/${name}.jsonl`, "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Exchange);
}

export function readCalls(exchanges: readonly Exchange[]): RecordedCall[] {
  return exchanges
    .filter((one) => one.dir === "server->app" && one.method === "POST")
    .map((exchange) => {
      const query = new URLSearchParams(exchange.url.split("?")[1]);
      const body = JSON.parse(exchange.req) as CallBody;
      const nested = exchanges.filter(
        (one) =>
          one.dir === "app->server" &&
          (one.url.startsWith(`/v1/checkpoint/${body.ctx.run_id}/`) || one.url.startsWith("/e/")) &&
          one.t >= exchange.t &&
          one.t <= exchange.t + exchange.ms,
      );
      return {
        exchange,
        body,
        fnId: query.get("fnId") ?? "",
        stepId: query.get("stepId") ?? "",
        nested,
        isDone: false,
      };
    });
}

/** What differs from one server to the next by design, or from run to run by nature, is taken out. */
export function comparable(body: CallBody): unknown {
  const { fn_id: _fnId, request_id: _requestId, ...ctx } = body.ctx;
  const event = (one: Json): Json => {
    if (!String(one.name).startsWith("inngest/")) return one;
    const data = one.data as Json;
    const inner = data._inngest as Json;
    const { correlation_id, fn_id, name, status } = inner;
    return {
      ...one,
      ts: "any",
      ...(one.name === "inngest/function.invoked" ? { id: "any" } : {}),
      data: { ...data, _inngest: { correlation_id, fn_id, name, status } },
    };
  };
  return { ...body, ctx, event: event(body.event), events: body.events.map(event) };
}

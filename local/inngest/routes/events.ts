// POST /e/:key, where the SDK sends events.
import type { Hono } from "hono";
import { acceptEvents } from "../actions.ts";
import type { Context } from "../engine.ts";
import { newUlid, ulidFromSeed } from "../ids.ts";
import type { AcceptedEvent } from "../internal-events.ts";
import { parseJson } from "../json.ts";
import { describeIssues, EVENT_BYTES_MAX, EVENTS_PER_REQUEST_MAX, IncomingEvent } from "../protocol.ts";
import { isSameSecret } from "../signing.ts";
import { limitBody } from "./body.ts";

export function addEvents(app: Hono, context: Context): void {
  app.post("/e/:key", limitBody, async (c) => {
    if (context.eventKey !== null && !isSameSecret(c.req.param("key"), context.eventKey)) {
      return c.json({ status: 401, error: "Event key not found" }, 401);
    }
    const body = parseJson(await c.req.text());
    if (body === undefined) return c.json({ ids: [], status: 400, error: "The body is not JSON." }, 400);
    const list = Array.isArray(body) ? body : [body];
    if (list.length > EVENTS_PER_REQUEST_MAX) {
      const error = `A request may carry ${EVENTS_PER_REQUEST_MAX} events at most.`;
      return c.json({ ids: [], status: 400, error }, 400);
    }
    const { accepted, error } = readEvents(
      list,
      c.req.header("x-inngest-event-id-seed") ?? "",
      context.clock.realNow(),
    );
    // Those before a bad one are accepted, as on the real server.
    if (accepted.length > 0) {
      try {
        await acceptEvents(context, accepted);
      } catch (reason) {
        context.log(`Events could not be stored: ${String(reason)}`);
        return c.json({ ids: [], status: 503, error: "The events could not be stored now." }, 503);
      }
    }
    const ids = accepted.map((event) => event.id);
    return error === null
      ? c.json({ ids, status: 200 })
      : c.json({ ids: [...ids, ""], status: 400, error }, 400);
  });
}

/** Reads events up to the first bad one; `error` says what is wrong with that. */
export function readEvents(
  list: readonly unknown[],
  seed: string,
  realNowMs: number,
): { accepted: AcceptedEvent[]; error: string | null } {
  const accepted: AcceptedEvent[] = [];
  for (const [index, raw] of list.entries()) {
    const parsed = IncomingEvent.safeParse(raw);
    if (!parsed.success) return { accepted, error: `event ${index}: ${describeIssues(parsed.error)}` };
    const event = parsed.data;
    const error = refuse(event);
    if (error !== null) return { accepted, error };
    const id = ulidFromSeed(seed, index) ?? newUlid(realNowMs);
    const externalId = event.id || null;
    const tsMs = event.ts || realNowMs;
    const payload = {
      data: event.data ?? {},
      id: externalId ?? id,
      name: event.name,
      ts: tsMs,
      user: event.user ?? {},
      ...(event.v ? { v: event.v } : {}),
    };
    const size = sizeOf(payload);
    if (size === null) return { accepted, error: `event ${index} is nested too deep` };
    if (size > EVENT_BYTES_MAX) {
      return { accepted, error: `event ${index} is larger than ${EVENT_BYTES_MAX / 1024 / 1024} MB` };
    }
    accepted.push({ id, externalId, name: event.name, payload, tsMs });
  }
  return { accepted, error: null };
}

/** Null when it is nested deeper than JSON.stringify can go. */
function sizeOf(payload: object): number | null {
  try {
    return JSON.stringify(payload).length;
  } catch {
    return null;
  }
}

function refuse(event: IncomingEvent): string | null {
  if (event.name === "") return "event name is empty";
  if (event.name.startsWith("inngest/")) return `event name is reserved for internal use: ${event.name}`;
  for (const text of [event.name, event.id ?? ""]) {
    if (text.includes("\u0000") || !text.isWellFormed()) return "event name or id is not valid text";
  }
  return null;
}

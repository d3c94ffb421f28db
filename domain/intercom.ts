// Intercom's contacts API, as far as we need it (developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts).
// A contact is found by `external_id`, which is our user's id. Errors hold codes and statuses, never what was sent: an
// engine keeps them.

import { z } from "zod";
import { readBounded } from "./bounded-answer";
import type { Clock } from "./clock";
import { isNamed } from "./errors";

/** The United States; Europe is https://api.eu.intercom.io, Australia https://api.au.intercom.io. */
export const INTERCOM_API = "https://api.intercom.io";
/** Pinned, so that a workspace's default cannot change what we get. */
export const INTERCOM_API_VERSION = "2.14";

export type IntercomPerson = { userId: string; email: string; name: string; signedUpAt: Date };

export type Intercom = {
  /** Creates the person's contact, or updates it when there is one. Returns Intercom's id of it. Throws IntercomError. */
  saveContact(person: IntercomPerson, knownId: string | null): Promise<string>;
  /** Deletes it for good; false when there was none. Throws IntercomError. */
  eraseContact(person: { userId: string; contactId: string | null }): Promise<boolean>;
};

/** `retryAt`: when Intercom takes calls again, when it says so. `isFinal`: the same call would be refused again. */
export class IntercomError extends Error {
  override readonly name = "IntercomError";
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, "IntercomError");
  }
  constructor(
    message: string,
    readonly facts: { status: number | null; isFinal: boolean; retryAt: Date | null },
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const ANSWER_MS = 10_000;
/** A contact is a few kilobytes. */
const ANSWER_BYTES_MAX = 256 * 1024;
/** When a 429 does not say: Intercom counts in windows of ten seconds within a minute. */
const UNTOLD_WAIT_MS = 60_000;
/** What it says may be nonsense, and is then not waited for. */
const TOLD_WAIT_MS_MAX = 3_600_000;

const Contact = z.object({ id: z.string().regex(/^[\w-]{1,100}$/) });
const Errors = z.object({ errors: z.array(z.object({ code: z.string(), message: z.string() })).min(1) });
type Answer = { status: number; body: unknown };

export function createIntercom(config: { token: string; baseUrl: string; clock: Clock }): Intercom {
  const baseUrl = config.baseUrl.replace(/\/+$/, "");

  /** Throws for everything but 2xx and the statuses in `expected`. */
  async function call(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    { body, expected = [] }: { body?: object; expected?: readonly number[] } = {},
  ): Promise<Answer> {
    const what = `Intercom, ${method} ${path.replace(/[^/]*\d[^/]*/g, "…")}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(baseUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${config.token}`,
          accept: "application/json",
          "intercom-version": INTERCOM_API_VERSION,
          "user-agent": "Latchkey",
          ...(body ? { "content-type": "application/json" } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        // The token must not be taken elsewhere.
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      text = (await readBounded(response, ANSWER_BYTES_MAX)).toString("utf8");
    } catch (error) {
      const why = error instanceof Error && error.name === "TimeoutError" ? "no answer in time" : "no answer";
      throw new IntercomError(
        `${what}: ${why}`,
        { status: null, isFinal: false, retryAt: null },
        { cause: error },
      );
    }
    const { status } = response;
    const answer = { status, body: parseJson(text) };
    if (response.ok || expected.includes(status)) return answer;
    const retryAt = status === 429 ? readReset(response.headers, config.clock()) : null;
    // A token that is refused is ours to mend, and the call is right as soon as it is.
    const isFinal = status < 500 && ![401, 403, 408, 429].includes(status);
    const code = Errors.safeParse(answer.body).data?.errors[0]?.code.slice(0, 60);
    throw new IntercomError(`${what}: ${status}${code ? ` ${code}` : ""}`, { status, isFinal, retryAt });
  }

  async function create(contact: object): Promise<string> {
    const answer = await call("POST", "/contacts", { body: contact, expected: [409] });
    if (answer.status !== 409) return idOf(answer);
    const { id, isArchived } = readConflict(answer);
    if (isArchived) await call("POST", `/contacts/${id}/unarchive`);
    return idOf(await call("PUT", `/contacts/${id}`, { body: contact }));
  }

  async function find(userId: string): Promise<string | null> {
    const answer = await call("GET", `/contacts/find_by_external_id/${userId}`, { expected: [404] });
    return answer.status === 404 ? null : idOf(answer);
  }

  return {
    async saveContact({ userId, email, name, signedUpAt }, knownId) {
      const signed_up_at = Math.floor(signedUpAt.getTime() / 1000);
      const contact = { role: "user", external_id: userId, email, name, signed_up_at };
      if (knownId === null) return create(contact);
      const answer = await call("PUT", `/contacts/${knownId}`, { body: contact, expected: [404] });
      // Somebody has deleted it over there.
      return answer.status === 404 ? create(contact) : idOf(answer);
    },
    async eraseContact({ userId, contactId }) {
      const id = contactId ?? (await find(userId));
      if (id === null) return false;
      return (await call("DELETE", `/contacts/${id}`, { expected: [404] })).status !== 404;
    },
  };
}

/** `X-RateLimit-Reset` is in seconds since 1970. */
function readReset(headers: Headers, now: Date): Date {
  const given = headers.get("x-ratelimit-reset") ?? "";
  const toldMs = /^\d{9,11}$/.test(given) ? Number(given) * 1000 : now.getTime() + UNTOLD_WAIT_MS;
  const waitMs = Math.min(Math.max(toldMs - now.getTime(), 1_000), TOLD_WAIT_MS_MAX);
  return new Date(now.getTime() + waitMs);
}

/** The words are all that a conflict has: "A contact matching those details already exists with id=…", or "An archived contact …". */
function readConflict({ status, body }: Answer): { id: string; isArchived: boolean } {
  const message = Errors.safeParse(body).data?.errors[0]?.message ?? "";
  const id = /\bid=([\w-]{1,100})/.exec(message)?.[1];
  if (!id)
    throw new IntercomError("Intercom names a conflict, and not with which contact", {
      status,
      isFinal: true,
      retryAt: null,
    });
  return { id, isArchived: /\barchived\b/i.test(message) };
}

function idOf({ status, body }: Answer): string {
  const contact = Contact.safeParse(body);
  if (contact.success) return contact.data.id;
  throw new IntercomError("Intercom's answer is no contact", { status, isFinal: false, retryAt: null });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

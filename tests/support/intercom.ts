// An Intercom of a test's own: the part of its contacts API that we call, with its statuses, headers, bodies and words
// (developers.intercom.com; the words of a conflict are those that its users have reported).
import { randomBytes } from "node:crypto";
import type http from "node:http";
import { type HttpRequest, startHttp } from "../integration/emails/scripted-servers";

export type Contact = {
  id: string;
  role: string;
  external_id: string | null;
  email: string | null;
  name: string | null;
  signed_up_at: number | null;
  archived: boolean;
};

type Reply = { status: number; body: object; headers?: Record<string, string> };
type Answer = Reply | ((response: http.ServerResponse) => void);

export type FakeIntercom = {
  url: string;
  token: string;
  requests: HttpRequest[];
  contacts: Map<string, Contact>;
  /** Answers for the next calls, in order, in place of the API's own. */
  answer(...answers: Answer[]): void;
  /** As if somebody at the workspace had made it. */
  add(contact: Partial<Contact>): Contact;
};

const ok = (body: object): Reply => ({ status: 200, body });
const refuse = (status: number, code: string, message: string): Reply => ({
  status,
  body: { type: "error.list", request_id: "b68959ea5n3lh0a8tvc0", errors: [{ code, message }] },
});

/** 429, with the time at which the window begins anew. */
export const rateLimited = (resetAt: Date): Reply => ({
  ...refuse(429, "rate_limit_exceeded", "The rate limit for the App has been exceeded"),
  headers: {
    "x-ratelimit-limit": "1000",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": String(Math.floor(resetAt.getTime() / 1000)),
  },
});

export const failing = (status: number, code: string): Reply =>
  refuse(status, code, "said to ada@example.com, which must not be written down");

const notFound = refuse(404, "not_found", "User Not Found");
const show = ({ archived: _, ...contact }: Contact): Reply =>
  ok({ type: "contact", workspace_id: "ecahpwf5", ...contact, unsubscribed_from_emails: false });

/** Until the test ends. */
export async function startIntercom(): Promise<FakeIntercom> {
  const token = "dG9rOnRlc3RzX29mX2xhdGNoa2V5";
  const contacts = new Map<string, Contact>();
  const script: Answer[] = [];

  function add(given: Partial<Contact>): Contact {
    const nothing = { external_id: null, email: null, name: null, signed_up_at: null };
    const id = randomBytes(12).toString("hex");
    const contact = { id, role: "user", archived: false, ...nothing, ...given };
    contacts.set(contact.id, contact);
    return contact;
  }

  function handle({ method, url, headers, body }: HttpRequest): Reply {
    if (headers.authorization !== `Bearer ${token}`)
      return refuse(401, "unauthorized", "Access Token Invalid");
    if (!/^\d+\.\d+$/.test(String(headers["intercom-version"])))
      return refuse(400, "intercom_version_invalid", "The requested version could not be found");
    if (headers.accept !== "application/json")
      return refuse(406, "media_type_not_acceptable", "The Accept header should send application/json");
    const given = body === "" ? {} : (JSON.parse(body) as Partial<Contact>);
    const [, id = "", act] = /^\/contacts\/([^/]+)(?:\/([^/]+))?$/.exec(url) ?? [];
    if (method === "POST" && url === "/contacts") return create(given);
    if (method === "GET" && id === "find_by_external_id") {
      const found = [...contacts.values()].find((one) => one.external_id === act && !one.archived);
      return found ? show(found) : notFound;
    }
    const contact = contacts.get(id);
    if (!contact) return notFound;
    const { external_id } = contact;
    if (method === "POST" && act === "unarchive") {
      contact.archived = false;
      return ok({ type: "contact", id, external_id, archived: false });
    }
    if (method === "DELETE" && !act) {
      contacts.delete(id);
      return ok({ type: "contact", id, external_id, deleted: true });
    }
    if (method === "PUT" && !act && !contact.archived) return show(Object.assign(contact, given));
    return notFound;
  }

  function create(given: Partial<Contact>): Reply {
    if (!given.external_id && !given.email)
      return refuse(400, "parameter_not_found", "email or external_id must be provided for user");
    // People may share an address, as long as each has an id.
    const known = [...contacts.values()].find(({ external_id, email }) =>
      external_id === null ? email === given.email : external_id === given.external_id,
    );
    if (!known) return show(add(given));
    const which = known.archived ? "An archived contact" : "A contact";
    return refuse(409, "conflict", `${which} matching those details already exists with id=${known.id}`);
  }

  const { url, requests } = await startHttp((request, response) => {
    const next = script.shift() ?? handle(request);
    if (typeof next === "function") return void next(response);
    const type = { "content-type": "application/json; charset=utf-8" };
    response.writeHead(next.status, { ...type, ...next.headers }).end(JSON.stringify(next.body));
  });
  return { url, token, requests, contacts, add, answer: (...answers) => void script.push(...answers) };
}

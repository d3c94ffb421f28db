// People nobody else has, and the calls they make.
import { randomBytes } from "node:crypto";
import { holdToContract } from "./contract";
import { readRunning } from "./running";

export type Person = { username: string; email: string; password: string };

/** A new person; `tag` steers the local mail stand-in, e.g. `retry2` (local/mail/tags.ts). */
export function newPerson(tag?: string): Person {
  const name = `p${randomBytes(6).toString("hex")}`;
  return {
    username: name,
    email: `${name}${tag ? `+${tag}` : ""}@example.com`,
    password: "correct horse battery",
  };
}

export type Registered = {
  access_token: string;
  refresh_token: string;
  user_data: { id: string; username: string; email: string; email_confirmed: boolean; created_at: string };
  email_confirmation_sent: boolean;
  message: string;
  email_info: Record<string, unknown>;
  delivery: { id: string; status: string; links: Record<string, string> };
};

/** Calls the product's API. Throws when the answer is not as the API's description has it (contract.ts). */
export async function callApi(
  path: string,
  options: { method?: string; token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> {
  const { method = options.body === undefined ? "GET" : "POST", token, body, headers } = options;
  const response = await fetch(`${readRunning().app.url}${path}`, {
    method,
    redirect: "manual",
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  await holdToContract(method, path, response);
  return response;
}

/** Registers through the API; throws unless the answer is 201. */
export async function register(person: Person): Promise<Registered> {
  const response = await callApi("/api/v1/usr/register", { body: person });
  if (response.status !== 201)
    throw new Error(`Registering failed: ${response.status} ${await response.text()}`);
  return (await response.json()) as Registered;
}

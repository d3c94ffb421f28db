// Puts the product into the state in which an example of the description is true, and says what to send then.
import postgres from "postgres";
import { newAccount, signInAs, type Tokens } from "./accounts";
import type { DescribedCall, Description } from "./contract";
import { codeIn, type Mail, nextMail } from "./mailbox";
import { callApi, newPerson, type Person, type Registered, register } from "./people";
import { readRunning } from "./running";
import { letTimePass } from "./time";

/** What is sent: `body` as JSON unless it is text or a Blob. */
export type Shot = { token?: string; headers?: Record<string, string>; body?: unknown };
export type Call = DescribedCall & {
  path: string;
  method: string;
  isStream: boolean;
  /** Examples whose answer has no body. */
  bodiless: string[];
};

/** The calls at an address. */
export function listCalls(description: Description, path: string): Call[] {
  return Object.entries(description.paths[path] ?? {}).map(([method, call]) => {
    const sent = Object.keys(call.requestBody?.content["application/json"]?.examples ?? {});
    const told = Object.values(call.responses).flatMap(({ content = {} }) =>
      Object.values(content).flatMap((media) => Object.keys(media.examples ?? {})),
    );
    return {
      ...call,
      path,
      method,
      isStream: "text/event-stream" in (call.responses["200"]?.content ?? {}),
      bodiless: sent.filter((name) => !told.includes(name)),
    };
  });
}

/** What to send for an example. Throws for one that nobody has thought of. */
export async function prepare(call: Call, name: string): Promise<Shot> {
  const printed = call.requestBody?.content["application/json"]?.examples?.[name]?.value;
  const own = STATES[`${call.operationId}.${name}`] ?? STATES[name];
  if (own) return { ...(printed === undefined ? {} : { body: printed }), ...(await own(call)) };
  if (printed === undefined && call.method === "post" && call.requestBody?.required)
    throw new Error(`No body is printed for "${name}" of ${call.operationId}, and none is prepared`);
  const needsToken = call.security.length > 0 && !call.security.some((way) => Object.keys(way).length === 0);
  return {
    ...(printed === undefined ? {} : { body: printed }),
    ...(needsToken ? { token: await tokenFor(call) } : {}),
  };
}

/** A claim's where that is enough, an account's elsewhere. */
async function tokenFor(call: Call): Promise<string> {
  const isForAccounts = "403" in call.responses && saysNotConfirmed(call);
  return isForAccounts ? (await account()).tokens.access_token : (await claim()).access_token;
}

const saysNotConfirmed = (call: Call) =>
  JSON.stringify(call.responses["403"]).includes('"not_confirmed"') &&
  call.operationId !== "continueAfterConfirmation";

const claim = () => register(newPerson());

async function account(): Promise<{ person: Person; tokens: Tokens }> {
  const person = await newAccount();
  return { person, tokens: await signInAs(person, "contract") };
}

async function claimWithMail(): Promise<{ claim: Registered; mail: Mail }> {
  const person = newPerson();
  return { claim: await register(person), mail: await nextMail(person.email) };
}

function linkIn({ text }: Mail, page: "confirm/link" | "not-me"): string {
  const link = new RegExp(`https?://\\S+/${page}#(\\S+)`).exec(text)?.[1];
  if (!link) throw new Error(`No link to ${page} in this mail:\n${text}`);
  return link;
}

async function change(work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(readRunning().postgres.url, { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}

const bodyOf = (call: Call) =>
  Object.values(call.requestBody?.content["application/json"]?.examples ?? {})[0]?.value;

const asAccount = async (): Promise<Shot> => ({ token: (await account()).tokens.access_token });

async function usedLink(): Promise<Shot> {
  const { mail } = await claimWithMail();
  const body = { link: linkIn(mail, "confirm/link") };
  await callApi("/api/v1/usr/confirm-link", { body });
  return { body };
}

async function resentFiveTimes(): Promise<Shot> {
  const { access_token: token, user_data } = await claim();
  for (let count = 0; count < 5; count++) {
    await letTimePass(user_data.id, 301);
    const again = await callApi("/api/v1/usr/resend-confirmation", { method: "POST", token });
    if (again.status !== 202) throw new Error(`Resend ${count + 1} was refused: ${again.status}`);
  }
  await letTimePass(user_data.id, 301);
  return { token };
}

async function movedThreeTimes(): Promise<Shot> {
  const { access_token: token } = await claim();
  for (let count = 0; count < 3; count++)
    await callApi("/api/v1/usr/change-email", { token, body: { email: newPerson().email } });
  return { token, body: { email: newPerson().email } };
}

/** By the name of an example alone, or after the call's id where two calls mean different things by it. */
const STATES: Record<string, (call: Call) => Promise<Shot>> = {
  // What any call answers.
  invalid_json: async () => ({ body: '{"username": "ada"' }),
  invalid_encoding: async () => ({ body: new Blob([new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])]) }),
  body_too_large: async () => ({ body: { filler: "x".repeat(17_000) } }),
  unsupported_media_type: async () => ({ body: "ada", headers: { "content-type": "text/plain" } }),
  unsupported_charset: async () => ({
    body: "{}",
    headers: { "content-type": "application/json; charset=iso-8859-1" },
  }),
  foreign_origin: async (call) => ({
    body: bodyOf(call),
    headers: { "sec-fetch-site": "cross-site", origin: "https://elsewhere.example" },
  }),
  not_signed_in: async (call) => ({ body: bodyOf(call) }),
  invalid_token: async (call) => ({ body: bodyOf(call), token: "nonsense" }),
  not_confirmed: async (call) => ({ body: bodyOf(call), token: (await claim()).access_token }),
  // Without the id of an account, which is asked about first.
  "endOtherSessions.not_confirmed": async () => ({ body: {}, token: (await claim()).access_token }),
  already_confirmed: asAccount,
  // Sent for an account, by a registration's token.
  ...Object.fromEntries(
    ["endSession", "endOtherSessions", "changePassword", "deleteAccount"].map((call) => [
      `${call}.other_registration`,
      async () => ({ token: (await claim()).access_token }),
    ]),
  ),

  "register.queued": async () => ({ body: newPerson() }),
  "register.username_taken": async () => {
    const person = newPerson();
    await register(person);
    return { body: { ...newPerson(), username: person.username } };
  },
  "confirmEmail.right_code": async () => {
    const { claim, mail } = await claimWithMail();
    return { token: claim.access_token, body: { code: codeIn(mail) } };
  },
  "confirmEmail.code_expired": async () => {
    const { claim } = await claimWithMail();
    await change(
      (sql) =>
        sql`update confirmation_codes set expires_at = now() - interval '1 second' where user_id = ${claim.user_data.id}`,
    );
    return { token: claim.access_token };
  },
  "confirmEmail.too_many_tries": async () => {
    const { access_token: token, user_data } = await claim();
    await change((sql) => sql`update confirmation_codes set tries = 5 where user_id = ${user_data.id}`);
    return { token };
  },
  "resendConfirmation.queued": async () => {
    const { access_token: token, user_data, delivery } = await claim();
    await letTimePass(user_data.id, 61);
    return { token, body: { delivery_id: delivery.id } };
  },
  "resendConfirmation.resend_limit": resentFiveTimes,
  "changeEmail.moved": async () => ({
    token: (await claim()).access_token,
    body: { email: newPerson().email },
  }),
  "changeEmail.invalid_input": async () => {
    const { access_token: token, user_data } = await claim();
    return { token, body: { email: user_data.email } };
  },
  "changeEmail.change_limit": movedThreeTimes,

  "confirmLink.on_another_device": async () => ({
    body: { link: linkIn((await claimWithMail()).mail, "confirm/link") },
  }),
  "confirmLink.where_they_registered": async () => {
    const { claim, mail } = await claimWithMail();
    return { token: claim.access_token, body: { link: linkIn(mail, "confirm/link") } };
  },
  "confirmLink.already_confirmed": usedLink,
  "lookAtConfirmLink.a_claim": async () => ({
    body: { link: linkIn((await claimWithMail()).mail, "confirm/link") },
  }),
  "lookAtConfirmLink.already_confirmed": usedLink,
  "continueAfterConfirmation.confirmed_elsewhere": async () => {
    const { claim, mail } = await claimWithMail();
    await callApi("/api/v1/usr/confirm-link", { body: { link: linkIn(mail, "confirm/link") } });
    return { token: claim.access_token, body: { delivery_id: claim.delivery.id } };
  },
  "continueAfterConfirmation.not_confirmed": async () => ({ token: (await claim()).access_token }),
  "notMe.stopped": async () => ({ body: { link: linkIn((await claimWithMail()).mail, "not-me") } }),
  "lookAtNotMe.a_claim": async () => ({ body: { link: linkIn((await claimWithMail()).mail, "not-me") } }),
  "undoNotMe.taken_back": async () => {
    const body = { link: linkIn((await claimWithMail()).mail, "not-me") };
    await callApi("/api/v1/usr/not-me", { body });
    return { body };
  },

  "signIn.by_username": async () => {
    const { username, password } = await newAccount();
    return { body: { login: username, password } };
  },
  "signIn.by_address": async () => {
    const { email, password } = await newAccount();
    return { body: { login: email, password } };
  },
  "refresh.a_new_pair": async () => ({
    body: { refresh_token: (await account()).tokens.refresh_token },
  }),
  // Not the token of a header: the one in the body.
  "refresh.invalid_token": async () => ({}),
  "revoke.ended": async () => ({ body: { refresh_token: (await account()).tokens.refresh_token } }),
  "readMe.an_account": asAccount,
  "endOtherSessions.two": async () => {
    const { person, tokens } = await account();
    await Promise.all([signInAs(person, "phone"), signInAs(person, "laptop")]);
    const token = tokens.access_token;
    const { id } = (await (await callApi("/api/v1/usr/me", { token })).json()) as { id: string };
    return { token, body: { user_id: id } };
  },
};

// Calls of the API are answered by their route handlers where Node hands a request over, and not by way of Next's
// router, which costs several times what the calls themselves do (docs/decisions/033). Where a host runs the handlers
// itself, or DIRECT_CALLS is off, Next does: the handlers are the same.
import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { env } from "@/env";
import * as health from "../api/health/route";
import * as engine from "../api/inngest/route";
import * as metrics from "../api/metrics/route";
import * as ready from "../api/ready/route";
import * as changeEmail from "../api/v1/usr/change-email/route";
import * as changePassword from "../api/v1/usr/change-password/route";
import * as confirmEmail from "../api/v1/usr/confirm-email/route";
import * as lookAtLink from "../api/v1/usr/confirm-link/look/route";
import * as confirmLink from "../api/v1/usr/confirm-link/route";
import * as continueElsewhere from "../api/v1/usr/confirmation/continue/route";
import * as confirmationEvents from "../api/v1/usr/confirmation/events/route";
import * as confirmation from "../api/v1/usr/confirmation/route";
import * as deleteAccount from "../api/v1/usr/delete-account/route";
import * as me from "../api/v1/usr/me/route";
import * as lookAtNotMe from "../api/v1/usr/not-me/look/route";
import * as notMe from "../api/v1/usr/not-me/route";
import * as undoNotMe from "../api/v1/usr/not-me/undo/route";
import * as register from "../api/v1/usr/register/route";
import * as resend from "../api/v1/usr/resend-confirmation/route";
import * as revokeSession from "../api/v1/usr/sessions/revoke/route";
import * as revokeOthers from "../api/v1/usr/sessions/revoke-others/route";
import * as sessions from "../api/v1/usr/sessions/route";
import * as refresh from "../api/v1/usr/token/refresh/route";
import * as revoke from "../api/v1/usr/token/revoke/route";
import * as token from "../api/v1/usr/token/route";
import * as resendWebhook from "../api/webhooks/resend/route";
import { callHeaders, hasHsts } from "./security-headers";

/** A route's handlers by method. Of the request they read what every Request has; `context` is what Next adds to it. */
type Handler = (request: Request, context: object) => Response | Promise<Response>;
type Route = { readonly [method: string]: unknown };

/** By address. tests/unit/app/direct-calls.test.ts holds it to the folders of app/api. */
export const DIRECT_ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/api/health", health],
  ["/api/inngest", engine],
  ["/api/metrics", metrics],
  ["/api/ready", ready],
  ["/api/v1/usr/change-email", changeEmail],
  ["/api/v1/usr/change-password", changePassword],
  ["/api/v1/usr/confirm-email", confirmEmail],
  ["/api/v1/usr/confirm-link", confirmLink],
  ["/api/v1/usr/confirm-link/look", lookAtLink],
  ["/api/v1/usr/confirmation", confirmation],
  ["/api/v1/usr/confirmation/continue", continueElsewhere],
  ["/api/v1/usr/confirmation/events", confirmationEvents],
  ["/api/v1/usr/delete-account", deleteAccount],
  ["/api/v1/usr/me", me],
  ["/api/v1/usr/not-me", notMe],
  ["/api/v1/usr/not-me/look", lookAtNotMe],
  ["/api/v1/usr/not-me/undo", undoNotMe],
  ["/api/v1/usr/register", register],
  ["/api/v1/usr/resend-confirmation", resend],
  ["/api/v1/usr/sessions", sessions],
  ["/api/v1/usr/sessions/revoke", revokeSession],
  ["/api/v1/usr/sessions/revoke-others", revokeOthers],
  ["/api/v1/usr/token", token],
  ["/api/v1/usr/token/refresh", refresh],
  ["/api/v1/usr/token/revoke", revoke],
  ["/api/webhooks/resend", resendWebhook],
]);

const shared = globalThis as typeof globalThis & { latchkeyCallsDirect?: true };

/** Begins to do so in this process, for every server of it. Called once. */
export function answerDirectly(): void {
  if (shared.latchkeyCallsDirect) return;
  shared.latchkeyCallsDirect = true;
  const listener = getRequestListener(answer, { overrideGlobalObjects: false });
  // Node has no other place where a request can be taken before the one listener that Next sets.
  const emit: (this: Server, event: string, ...args: unknown[]) => boolean = Server.prototype.emit;
  Server.prototype.emit = function (this: Server, event: string, ...args: unknown[]) {
    if (event !== "request") return emit.call(this, event, ...args);
    const [request, response] = args as [IncomingMessage, ServerResponse];
    if (!isTaken(request)) return emit.call(this, event, ...args);
    void listener(request, response);
    return true;
  };
}

function isTaken({ url, headers }: IncomingMessage): boolean {
  return DIRECT_ROUTES.has(pathOf(url)) && isPlainHost(headers.host ?? "");
}

let lastPlainHost = "";

/** A name and perhaps a port, as a URL has them: anything odder is left to Next, which has an answer to all. */
function isPlainHost(host: string): boolean {
  if (host !== "" && host === lastPlainHost) return true;
  const name = /^([a-z0-9._-]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
  if (name === undefined || !URL.canParse(`http://${host}`)) return false;
  // "127.1" is an address, and not the name of it.
  if (new URL(`http://${host}`).hostname !== name) return false;
  lastPlainHost = host;
  return true;
}

const pathOf = (target = ""): string => target.split("?", 1)[0] ?? "";

async function answer(request: Request, bindings: HttpBindings | object): Promise<Response> {
  const { incoming } = bindings as HttpBindings;
  if (!hasLength(incoming)) incoming.rawHeaders.push("content-length", "0");
  const answered = await handlerFor(incoming)(request, {});
  const response = incoming.method === "HEAD" ? await withoutBody(answered) : answered;
  const isHsts = hasHsts(env().APP_URL);
  for (const [name, value] of callHeaders(incoming.headers["content-type"], isHsts))
    response.headers.set(name, value);
  return response;
}

/** A stream that nobody reads would not end for minutes, and hold back what stands above it. */
async function withoutBody({ status, headers, body }: Response): Promise<Response> {
  await body?.cancel();
  return new Response(null, { status, headers });
}

/** Neither a length nor a coding is no body (RFC 9112, 6.3), and the handlers are told so. */
const hasLength = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined;

/** HEAD is there where GET is. A method that nobody exports is refused as the route refuses one that it names. */
function handlerFor({ url, method = "GET" }: IncomingMessage): Handler {
  const route = DIRECT_ROUTES.get(pathOf(url)) ?? {};
  const handler = route[method === "HEAD" ? "GET" : method] ?? route.PATCH;
  return handler as Handler;
}

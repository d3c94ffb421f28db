// What every call of the API has in common: read, do one thing, answer; and for forms without JavaScript, a redirect.
import "server-only";
import { z } from "zod";
import { DomainError } from "@/domain/errors";
import { isAccountGone } from "@/domain/same-account";
import { services } from "@/services";
import {
  clearFlashCookie,
  type DoneNote,
  doneCookie,
  type FlashForm,
  flashCookie,
  isOfAccount,
} from "./flash";
import { asPersonWaits } from "./give-way";
import { languageOf } from "./language";
import { type Fields, isForm, isFromOwnPage, readBody, refuseForeignPage } from "./request";
import { describeError, NO_STORE, problemResponse } from "./respond";
import { unavailablePage } from "./unavailable-page";

/** What a use case answers. A form goes to `location`; so may a client, where there is no `body`. */
export type Answer = {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  cookies?: string[];
  /** What the next page tells, once. A program is not told: it has the answer. */
  done?: DoneNote;
  location: string;
};

export type FormPost = {
  form: FlashForm;
  /** The page a refused form goes back to. */
  backTo: string;
  /** Fields worth showing again; never a password, never a code. */
  keep?: readonly string[];
  /** It needs no fields: a client may leave the body empty, whatever type it announces. */
  takesNothing?: boolean;
  /** The work itself waits no longer than it may for a silent database (db/patience.ts). */
  mindsSilence?: boolean;
};

/** Handles a call that takes a body, as JSON or as a form. Never throws. `startedAt`: performance.now() at its start. */
export async function handlePost(
  request: Request,
  post: FormPost,
  work: (fields: Fields, startedAt: number) => Promise<Answer>,
): Promise<Response> {
  const startedAt = performance.now();
  const form = isForm(request);
  let fields: Fields = {};
  try {
    if (form) refuseForeignPage(request);
    fields = hasNoBody(request, post.takesNothing) ? {} : (await readBody(request)).fields;
    const answer = await asPersonWaits(() =>
      post.mindsSilence ? work(fields, startedAt) : services().database.within(() => work(fields, startedAt)),
    );
    const note = answer.done ? doneCookie(answer.done) : null;
    if (form) return seeOther(answer.location, [...(answer.cookies ?? []), note ?? clearFlashCookie()]);
    return jsonResponse(answer, note && isFromOwnPage(request) ? [note] : []);
  } catch (error) {
    if (isOutOfAccount(post, error) && (form || isFromOwnPage(request))) {
      const cookie = doneCookie(await whatWasDone(fields));
      return form ? seeOther("/sign-in", [cookie]) : withCookie(problemResponse(error, request), cookie);
    }
    const isOther = isOfOther(post, error);
    // A page with JavaScript is told like a form: it loads itself anew, and the account that it then shows says why.
    if (!form && !(isOther && isFromOwnPage(request))) return problemResponse(error, request);
    const { problem, headers } = describeError(error, languageOf(request));
    const values: Record<string, string> = {};
    for (const name of post.keep ?? []) if (typeof fields[name] === "string") values[name] = fields[name];
    const cookie = flashCookie({ form: post.form, values, problem });
    if (!form) return withCookie(problemResponse(error, request), cookie);
    // The page of the form may need the database too: one that needs nothing says when to go back to it.
    if (problem.code === "unavailable")
      return unavailablePage({
        language: languageOf(request),
        backTo: post.backTo,
        headers: { ...headers, "set-cookie": cookie },
      });
    // It is said at the head of the page, and not beside the same form of another account.
    return seeOther(isOther ? post.backTo.replace(/#.*/, "") : post.backTo, [cookie]);
  }
}

/** An account's page whose browser is signed in to another account by now, or waits for another registration's code. */
function isOfOther({ form }: FormPost, error: unknown): boolean {
  return (
    isOfAccount(form) &&
    error instanceof DomainError &&
    (error.code === "other_account" || error.code === "other_registration")
  );
}

/** The session that an account's page was made for has ended, and the next page is that of signing in. */
function isOutOfAccount({ form }: FormPost, error: unknown): boolean {
  return isOfAccount(form) && error instanceof DomainError && error.code === "not_signed_in";
}

/**
 * Whoever pressed "Delete account" must not think that it went through, unless it has: pressed twice, or with an answer
 * that was lost, the first press has ended the session. The account's page says whose it is.
 */
async function whatWasDone(fields: Fields): Promise<DoneNote> {
  const accountId = z.uuid().safeParse(fields.user_id).data;
  const isGone =
    accountId !== undefined &&
    (await services()
      .database.within(() => isAccountGone(services(), accountId))
      .catch(() => false));
  return isGone ? "account_deleted" : "nothing_done";
}

function withCookie(response: Response, cookie: string): Response {
  response.headers.append("set-cookie", cookie);
  return response;
}

function hasNoBody(request: Request, takesNothing = false): boolean {
  const { headers } = request;
  const isUntyped = !headers.get("content-type");
  const length = headers.get("content-length");
  // Neither a length nor a coding is no body (RFC 9112, 6.3); a host that hides them leaves the type.
  if (length === null) return request.body === null || (isUntyped && !headers.has("transfer-encoding"));
  return length === "0" && (takesNothing || isUntyped);
}

function jsonResponse(answer: Answer, notes: string[]): Response {
  const headers = new Headers({ ...NO_STORE, ...answer.headers });
  for (const cookie of [...(answer.cookies ?? []), ...notes]) headers.append("set-cookie", cookie);
  if (answer.body === undefined) {
    // RFC 9110 section 10.2.2: where to look for what came of it.
    if (answer.status !== 204) headers.set("location", answer.location);
    return new Response(null, { status: answer.status, headers });
  }
  return Response.json(answer.body, { status: answer.status, headers });
}

/** After a form: go and look (303), so that reloading does not send it again. */
export function seeOther(location: string, cookies: string[] = []): Response {
  const headers = new Headers({ ...NO_STORE, location });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}

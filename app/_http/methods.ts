// 405 for the methods a path does not have. Next's own answer has no body and no Allow.
import "server-only";
import { HttpError } from "./http-error";
import { problemResponse } from "./respond";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
type Method = (typeof METHODS)[number];
type Handler = (request: Request) => Response;

/** The header Allow of what takes these: HEAD is there where GET is, and OPTIONS everywhere. */
export function allowOf(allowed: readonly Method[]): string {
  return METHODS.filter((method) => allowed.includes(method))
    .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))
    .concat("OPTIONS")
    .join(", ");
}

/**
 * Handlers for every method that is not in `allowed`, OPTIONS included, to be exported from a route. Allow as RFC 9110
 * section 10.2.1 asks; HEAD is there where GET is, by Next.
 */
export function refuseOtherMethods<Allowed extends Method>(
  allowed: readonly Allowed[],
): Record<Exclude<Method, Allowed> | "OPTIONS", Handler> {
  const names: readonly string[] = allowed;
  const allow = allowOf(allowed);
  const refuse: Handler = (request) =>
    problemResponse(
      new HttpError(405, "method_not_allowed", "method_not_allowed", { allow }, { allow }),
      request,
    );
  const options: Handler = () => new Response(null, { status: 204, headers: { allow } });
  const refused = METHODS.filter((method) => !names.includes(method)).map((method) => [method, refuse]);
  return Object.fromEntries([...refused, ["OPTIONS", options]]);
}

/** One handler for every method, to be exported from a route that looks after its methods itself. */
export function everyMethod<Any>(handler: Any): Record<Method | "OPTIONS", Any> {
  return {
    GET: handler,
    POST: handler,
    PUT: handler,
    PATCH: handler,
    DELETE: handler,
    OPTIONS: handler,
  };
}

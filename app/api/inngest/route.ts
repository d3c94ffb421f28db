// Where the engine calls. Signed calls only, unless INNGEST_DEV is set; unauthenticated registration is off.

import { serve } from "inngest/next";
import type { NextRequest } from "next/server";
import { giveWayToPeople } from "@/app/_http/give-way";
import { HttpError } from "@/app/_http/http-error";
import { refuseOtherMethods } from "@/app/_http/methods";
import { readText } from "@/app/_http/request";
import { problemResponse } from "@/app/_http/respond";
import { sharedQueue } from "@/domain/bounded-queue";
import { addSeconds } from "@/domain/clock";
import { DomainError } from "@/domain/errors";
import { env } from "@/env";
import { inngest } from "@/inngest/client";
import { createFunctions } from "@/inngest/functions";
import { services } from "@/services";

type Handlers = ReturnType<typeof serve>;
let handlers: Handlers | undefined;

/** Events and steps hold ids and counts; the engine itself allows 4 MB for all of a run's steps. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;
/** Our functions' calls stay below this. What is longer is read before anybody knows who sent it: a few at once. */
const USUAL_BYTES = 64 * 1024;

const longCalls = sharedQueue("long calls of the engine", {
  atOnce: 2,
  waitingMax: 20,
  refuse: () => new DomainError("busy", { nextAllowedAt: addSeconds(new Date(), 5) }),
});

/** As engines write it: the time in seconds, and an HMAC with SHA-256. */
const SIGNATURE = /^t=\d{1,12}&s=[0-9a-f]{64}$/;

// Built at the first call: a build has no environment.
function engineHandlers(): Handlers {
  handlers ??= serve({
    client: inngest(),
    functions: createFunctions(inngest(), services),
    enableUnauthedSync: Boolean(env().INNGEST_DEV),
  });
  return handlers;
}

const handle =
  (method: "GET" | "POST" | "PUT") =>
  async (request: NextRequest, context: unknown): Promise<Response> => {
    try {
      if (!env().INNGEST_DEV && !SIGNATURE.test(request.headers.get("x-inngest-signature") ?? ""))
        throw notSigned();
      const work = async () => {
        const call = await readCall(request);
        if (method === "POST") await giveWayToPeople();
        return engineHandlers()[method](call, context);
      };
      const length = Number(request.headers.get("content-length") ?? Number.NaN);
      const isUsual = method === "GET" || length <= USUAL_BYTES;
      const answer = await (isUsual ? work() : longCalls.run(work));
      if (answer.status === 401) throw notSigned();
      answer.headers.set("cache-control", "no-store");
      return answer;
    } catch (error) {
      return problemResponse(error, request);
    }
  };

const notSigned = () => new HttpError(401, "not_signed", "not_signed");

/**
 * Whether it is signed rightly is the SDK's to say, once it has parsed the body, for the signature is over what the JSON
 * says. It answers 500 to one that is none: that is told apart before.
 */
async function readCall(request: NextRequest): Promise<NextRequest> {
  if (request.method === "GET") return request;
  const body = await readText(request, BODY_BYTES_MAX);
  if (body !== "" && !isJsonObject(body)) throw new HttpError(400, "invalid_json", "no_json_object");
  // All that the SDK reads of a request. Byte for byte what came, for the signature is over it.
  const { url, method, headers } = request;
  return { url, method, headers, text: async () => body } as NextRequest;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export const GET = handle("GET");
export const POST = handle("POST");
export const PUT = handle("PUT");
export const { PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET", "POST", "PUT"]);

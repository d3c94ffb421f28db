// Where the engine calls. Signed calls only, unless INNGEST_DEV is set; unauthenticated registration is off.

import { serve } from "inngest/next";
import type { NextRequest } from "next/server";
import { giveWayToPeople } from "@/app/_http/give-way";
import { HttpError } from "@/app/_http/http-error";
import { refuseOtherMethods } from "@/app/_http/methods";
import { readText } from "@/app/_http/request";
import { problemResponse } from "@/app/_http/respond";
import { env } from "@/env";
import { inngest } from "@/inngest/client";
import { createFunctions } from "@/inngest/functions";
import { services } from "@/services";

type Handlers = ReturnType<typeof serve>;
let handlers: Handlers | undefined;

/** Events and steps hold ids and counts; the engine itself allows 4 MB for all of a run's steps. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

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
      const call = await checkCall(request);
      if (method === "POST") await giveWayToPeople();
      return await engineHandlers()[method](call, context);
    } catch (error) {
      return problemResponse(error, request);
    }
  };

/**
 * Whether it is signed rightly is the SDK's to say. But it reads and parses a body before it looks for a signature,
 * and answers 500 to one that is no JSON: a stranger is sent away before that.
 */
async function checkCall(request: NextRequest): Promise<NextRequest> {
  if (!env().INNGEST_DEV && !request.headers.get("x-inngest-signature"))
    throw new HttpError(401, "not_signed", "not_signed");
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

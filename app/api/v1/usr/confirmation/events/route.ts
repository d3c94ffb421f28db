// The state of a confirmation as it changes (Server-Sent Events, WHATWG HTML 9.2), fed by Postgres' NOTIFY and by time.

import { authenticate } from "@/app/_auth/authenticate";
import { streamConfirmation } from "@/app/_http/confirmation-stream";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { languageHeaders, problemResponse } from "@/app/_http/respond";
import { services } from "@/services";

/** One event `confirmation` at once, and one per change, as long as the session lives. */
export async function GET(request: Request): Promise<Response> {
  try {
    const { userId } = await authenticate(request, { orReplaced: true });
    const language = languageOf(request);
    const stream = streamConfirmation(
      {
        services: services(),
        userId,
        language,
        authenticate: () => authenticate(request, { orReplaced: true }),
      },
      request.signal,
    );
    return new Response(stream, {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        // no-transform: compressing would hold events back; x-accel-buffering: the same for nginx.
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
        ...languageHeaders(language),
      },
    });
  } catch (error) {
    return problemResponse(error, request);
  }
}

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

// Where the engine calls. Signed calls only, unless INNGEST_DEV is set; unauthenticated registration is off.

import { serve } from "inngest/next";
import { env } from "@/env";
import { inngest } from "@/inngest/client";
import { createFunctions } from "@/inngest/functions";
import { services } from "@/services";

type Handlers = ReturnType<typeof serve>;
type Handler = Handlers["POST"];
let handlers: Handlers | undefined;

// Built at the first call: a build has no environment.
function engineHandlers(): Handlers {
  handlers ??= serve({
    client: inngest(),
    functions: createFunctions(inngest(), services),
    enableUnauthedSync: Boolean(env().INNGEST_DEV),
  });
  return handlers;
}

export const GET: Handler = (...args) => engineHandlers().GET(...args);
export const POST: Handler = (...args) => engineHandlers().POST(...args);
export const PUT: Handler = (...args) => engineHandlers().PUT(...args);

import { refuseOtherMethods } from "@/app/_http/methods";
import { type Readiness, readReadiness } from "@/inngest/readiness";
import { services } from "@/services";

const RETRY_AFTER_SECONDS = 5;

/**
 * Whether this process should be given requests: 200, or 503 while the database is away, or the process warms up or is
 * about to end.
 * An engine or a mail provider that is away is told and does not count, because people are served without them.
 */
export async function GET(): Promise<Response> {
  const readiness = await readReadiness(services());
  const body = {
    status: nameOf(readiness),
    database: readiness.database,
    engine_breaker: readiness.engine,
    mail_provider_breaker: readiness.mailProvider,
  };
  const headers = {
    "cache-control": "no-store",
    ...(readiness.isReady ? {} : { "retry-after": String(RETRY_AFTER_SECONDS) }),
  };
  return Response.json(body, { status: readiness.isReady ? 200 : 503, headers });
}

function nameOf({ isReady, isStopping, isStarting }: Readiness): string {
  if (isReady) return "ready";
  if (isStopping) return "stopping";
  return isStarting ? "starting" : "not_ready";
}

export const dynamic = "force-dynamic";

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

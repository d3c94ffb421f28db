import { refuseOtherMethods } from "@/app/_http/methods";
import { readReadiness } from "@/inngest/readiness";
import { services } from "@/services";

const RETRY_AFTER_SECONDS = 5;

/**
 * Whether this process should be given requests: 200, or 503 while the database is away or the process is about to end.
 * An engine or a mail provider that is away is told and does not count, because people are served without them.
 */
export async function GET(): Promise<Response> {
  const readiness = await readReadiness(services());
  const body = {
    status: readiness.isReady ? "ready" : readiness.isStopping ? "stopping" : "not_ready",
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
export const dynamic = "force-dynamic";

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

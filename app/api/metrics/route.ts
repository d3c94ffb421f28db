import { createHash, timingSafeEqual } from "node:crypto";
import { HttpError } from "@/app/_http/http-error";
import { refuseOtherMethods } from "@/app/_http/methods";
import { NO_STORE, problemResponse } from "@/app/_http/respond";
import { env } from "@/env";
import { scrapeMetrics } from "@/inngest/scrape";
import { services } from "@/services";

/** Prometheus' text format, for whoever has METRICS_TOKEN. Without one set there is no such address: 404. */
export async function GET(request: Request): Promise<Response> {
  try {
    requireToken(request, env().METRICS_TOKEN);
    const text = await scrapeMetrics(services());
    return new Response(text, { headers: { ...NO_STORE, "content-type": services().metrics.contentType } });
  } catch (error) {
    return problemResponse(error, request);
  }
}
export const dynamic = "force-dynamic";

function requireToken(request: Request, expected: string | undefined): void {
  if (expected === undefined) throw new HttpError(404, "not_found", "not_found");
  const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (given === undefined) throw new HttpError(401, "invalid_token", "bearer_expected");
  if (!isSame(given, expected)) throw new HttpError(401, "invalid_token", "invalid_token");
}

/** In a time that says nothing about where they differ, nor how long they are. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

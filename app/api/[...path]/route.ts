import { HttpError } from "@/app/_http/http-error";
import { everyMethod } from "@/app/_http/methods";
import { problemResponse } from "@/app/_http/respond";

/** Every address under /api that nothing else answers: an API client reads JSON, not our page. */
function handler(request: Request): Response {
  return problemResponse(new HttpError(404, "not_found", "not_found"), request);
}

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = everyMethod(handler);

import { HttpError } from "@/app/_http/http-error";
import { problemResponse } from "@/app/_http/respond";

/** Every address under /api that nothing else answers: an API client reads JSON, not our page. */
function handler(request: Request): Response {
  return problemResponse(new HttpError(404, "not_found", "not_found"), request);
}

export {
  handler as DELETE,
  handler as GET,
  handler as OPTIONS,
  handler as PATCH,
  handler as POST,
  handler as PUT,
};

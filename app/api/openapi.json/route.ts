import { refuseOtherMethods } from "@/app/_http/methods";
import { describeApi } from "@/app/_openapi/document";
import { services } from "@/services";

/** The description of the API, OpenAPI 3.1. The same for everybody until the next start. */
export function GET(): Response {
  const { appUrl, passwordMin } = services().settings;
  return Response.json(describeApi({ appUrl, passwordMin }), {
    headers: { "cache-control": "public, max-age=300" },
  });
}
export const dynamic = "force-dynamic";

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

import { refuseOtherMethods } from "@/app/_http/methods";

/** The process answers. Says nothing of its dependencies, so that a restart is not asked for when they are away. */
export function GET(): Response {
  return Response.json({ status: "ok" }, { headers: { "cache-control": "no-store" } });
}
export const dynamic = "force-dynamic";

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

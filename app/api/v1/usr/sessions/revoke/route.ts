import { authenticateFor } from "@/app/_auth/authenticate";
import { clearSessionCookie } from "@/app/_auth/cookie";
import { handlePost } from "@/app/_http/handle";
import { refuseOtherMethods } from "@/app/_http/methods";
import { isForm, isFromOwnPage, parseFields } from "@/app/_http/request";
import { SessionFields } from "@/app/_http/schemas";
import { endOneSession } from "@/domain/sessions";
import { services } from "@/services";

/** Ends one of the caller's sessions. 204 also for one that is over, unknown or somebody else's. */
export function POST(request: Request): Promise<Response> {
  return handlePost(request, { form: "sessions", backTo: "/account" }, async (fields) => {
    const identity = await authenticateFor(request, fields);
    const { session_id } = parseFields(SessionFields, fields);
    await endOneSession(services(), identity, session_id);
    const isOwn = session_id === identity.sessionId;
    const forBrowser = isForm(request) || isFromOwnPage(request);
    return {
      status: 204,
      cookies: isOwn && forBrowser ? [clearSessionCookie()] : [],
      ...(isOwn ? { location: "/" } : { done: "session_ended", location: "/account" }),
    };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

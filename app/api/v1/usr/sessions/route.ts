import { authenticateFull } from "@/app/_auth/authenticate";
import { refuseOtherMethods } from "@/app/_http/methods";
import { NO_STORE, problemResponse } from "@/app/_http/respond";
import { listSessions } from "@/domain/sessions";
import { services } from "@/services";

/** Where the caller is signed in. */
export async function GET(request: Request): Promise<Response> {
  try {
    const sessions = await listSessions(services(), await authenticateFull(request));
    return Response.json({ sessions }, { headers: NO_STORE });
  } catch (error) {
    return problemResponse(error, request);
  }
}

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

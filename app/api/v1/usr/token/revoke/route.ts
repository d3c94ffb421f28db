import { refuseOtherMethods } from "@/app/_http/methods";
import { parseFields, readBody } from "@/app/_http/request";
import { NO_STORE, problemResponse } from "@/app/_http/respond";
import { RefreshFields } from "@/app/_http/schemas";
import { revokeByRefreshToken } from "@/domain/tokens";
import { services } from "@/services";

/** Ends the session of a refresh token. 204 also for a token nobody knows (RFC 7009 section 2.2). */
export async function POST(request: Request): Promise<Response> {
  try {
    const { refresh_token } = parseFields(RefreshFields, (await readBody(request)).fields);
    await services().database.within(() => revokeByRefreshToken(services(), refresh_token));
    return new Response(null, { status: 204, headers: NO_STORE });
  } catch (error) {
    return problemResponse(error, request);
  }
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

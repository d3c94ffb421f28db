import { clientOf } from "@/app/_http/client-network";
import { refuseOtherMethods } from "@/app/_http/methods";
import { parseFields, readBody } from "@/app/_http/request";
import { NO_STORE, problemResponse } from "@/app/_http/respond";
import { RefreshFields } from "@/app/_http/schemas";
import { refreshSession } from "@/domain/tokens";
import { services } from "@/services";

/** A refresh token, once, for a new pair. */
export async function POST(request: Request): Promise<Response> {
  try {
    const { refresh_token } = parseFields(RefreshFields, (await readBody(request)).fields);
    const { network } = clientOf(request);
    const pair = await services().database.within(() => refreshSession(services(), refresh_token, network));
    return Response.json(pair, { headers: NO_STORE });
  } catch (error) {
    return problemResponse(error, request);
  }
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

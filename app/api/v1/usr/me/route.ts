import { authenticateFull } from "@/app/_auth/authenticate";
import { refuseOtherMethods } from "@/app/_http/methods";
import { NO_STORE, problemResponse } from "@/app/_http/respond";
import { getUserData } from "@/domain/tokens";
import { services } from "@/services";

/** Who the token or cookie belongs to. A claim was told when it was made, and has its state (DESIGN.md section 3). */
export async function GET(request: Request): Promise<Response> {
  try {
    const { userId } = await authenticateFull(request);
    return Response.json(await getUserData(services(), userId), { headers: NO_STORE });
  } catch (error) {
    return problemResponse(error, request);
  }
}

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

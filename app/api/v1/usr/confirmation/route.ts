import { authenticate } from "@/app/_auth/authenticate";
import { refuseOtherMethods } from "@/app/_http/methods";
import { NO_STORE, problemResponse } from "@/app/_http/respond";
import { getConfirmation } from "@/domain/email-confirmation";
import { DomainError } from "@/domain/errors";
import { services } from "@/services";

/** Where the confirmation of the one who asks stands. */
export async function GET(request: Request): Promise<Response> {
  try {
    const { userId } = await authenticate(request);
    const confirmation = await getConfirmation(services(), userId);
    if (!confirmation)
      throw new DomainError("invalid_token", "This registration has ended. Please register again.");
    return Response.json(confirmation, { headers: NO_STORE });
  } catch (error) {
    return problemResponse(error);
  }
}

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

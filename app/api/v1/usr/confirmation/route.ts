import { authenticate } from "@/app/_auth/authenticate";
import { languageOf } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { languageHeaders, NO_STORE, problemResponse } from "@/app/_http/respond";
import { getConfirmation } from "@/domain/email-confirmation";
import { DomainError } from "@/domain/errors";
import { services } from "@/services";

/** Where the confirmation of the one who asks stands. */
export async function GET(request: Request): Promise<Response> {
  try {
    const { userId } = await authenticate(request, { orReplaced: true });
    const language = languageOf(request);
    const confirmation = await getConfirmation(services(), userId, language);
    if (!confirmation) throw new DomainError("invalid_token", { text: "registration_over" });
    return Response.json(confirmation, { headers: { ...NO_STORE, ...languageHeaders(language) } });
  } catch (error) {
    return problemResponse(error, request);
  }
}

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET"]);

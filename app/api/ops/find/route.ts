import { refuseOtherMethods } from "@/app/_http/methods";
import { filterLocation } from "@/app/_ops/filter";
import { handleOperatorPost } from "@/app/_ops/operator";

/** From the filter's form to a list: an address that was typed whole is masked before it stands in a page's address. */
export function POST(request: Request): Promise<Response> {
  return handleOperatorPost(request, async (fields) => ({ status: 204, location: filterLocation(fields) }));
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

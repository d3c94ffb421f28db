import { refuseOtherMethods } from "@/app/_http/methods";
import { readIds, resultLocation } from "@/app/_ops/acts";
import { deliveryLocation } from "@/app/_ops/filter";
import { handleOperatorPost } from "@/app/_ops/operator";
import { actOnSelection } from "@/domain/selection";
import { services } from "@/services";

/** Calls off each of `delivery` (ids, parted by spaces) that waits. One: shows it, or says why not. */
export function POST(request: Request): Promise<Response> {
  return handleOperatorPost(request, async (fields) => {
    const ids = readIds(fields.delivery);
    const [id] = ids;
    if (!id) return { status: 404, location: "/ops/deliveries" };
    const result = await actOnSelection(services(), "cancel", ids);
    if (ids.length > 1) return { status: 200, location: resultLocation("cancel", result, fields) };
    const [refusal] = result.refused;
    return refusal
      ? { status: 409, location: deliveryLocation(id, { refused: refusal.code }) }
      : { status: 200, location: deliveryLocation(id, { done: "cancelled" }) };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

import { refuseOtherMethods } from "@/app/_http/methods";
import { readIds, resultLocation } from "@/app/_ops/acts";
import { deliveryLocation } from "@/app/_ops/filter";
import { handleOperatorPost } from "@/app/_ops/operator";
import { actOnSelection } from "@/domain/selection";
import { dispatchDelivery } from "@/inngest/dispatch";
import { services } from "@/services";

/**
 * Sends another mail in the place of each of `delivery` (ids, parted by spaces). One: shows the new one, or says why
 * not. Several: back to the list; the relay publishes what was queued.
 */
export function POST(request: Request): Promise<Response> {
  return handleOperatorPost(request, async (fields, startedAt) => {
    const ids = readIds(fields.delivery);
    const [id] = ids;
    if (!id) return { status: 404, location: "/ops/deliveries" };
    const result = await actOnSelection(services(), "replay", ids);
    if (ids.length > 1) return { status: 202, location: resultLocation("replay", result, fields) };
    const [refusal] = result.refused;
    const [queued] = result.queued;
    if (!queued)
      return { status: 409, location: deliveryLocation(id, refusal ? { refused: refusal.code } : {}) };
    await dispatchDelivery(services(), queued, { startedAt });
    return { status: 202, location: deliveryLocation(queued.deliveryId, { done: "replayed" }) };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

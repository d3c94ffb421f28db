import { refuseOtherMethods } from "@/app/_http/methods";
import { deliveryLocation } from "@/app/_ops/filter";
import { handleOperatorPost } from "@/app/_ops/operator";
import { readId } from "@/domain/delivery-facts";
import { cancelDelivery } from "@/domain/replay";
import { services } from "@/services";

/** Calls off a mail that waits, or says why not. */
export function POST(request: Request): Promise<Response> {
  return handleOperatorPost(request, async ({ delivery }) => {
    const id = typeof delivery === "string" ? readId(delivery) : null;
    if (!id) return { status: 404, location: "/ops/deliveries" };
    const result = await cancelDelivery(services(), id);
    const said = result.outcome === "refused" ? { refused: result.code } : { done: "cancelled" };
    return { status: result.outcome === "refused" ? 409 : 200, location: deliveryLocation(id, said) };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

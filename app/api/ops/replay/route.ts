import { refuseOtherMethods } from "@/app/_http/methods";
import { deliveryLocation } from "@/app/_ops/filter";
import { handleOperatorPost } from "@/app/_ops/operator";
import { readId } from "@/domain/delivery-facts";
import { replayDelivery } from "@/domain/replay";
import { dispatchDelivery } from "@/inngest/dispatch";
import { services } from "@/services";

/** Sends another mail in the place of one, and shows that one; or says why not. */
export function POST(request: Request): Promise<Response> {
  return handleOperatorPost(request, async ({ delivery }, startedAt) => {
    const id = typeof delivery === "string" ? readId(delivery) : null;
    if (!id) return { status: 404, location: "/ops/deliveries" };
    const replay = await replayDelivery(services(), id);
    if (replay.outcome === "refused")
      return { status: 409, location: deliveryLocation(id, { refused: replay.code }) };
    await dispatchDelivery(services(), replay.queued, { startedAt });
    return { status: 202, location: deliveryLocation(replay.queued.deliveryId, { done: "replayed" }) };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

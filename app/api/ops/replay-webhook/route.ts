import { refuseOtherMethods } from "@/app/_http/methods";
import { handleOperatorPost } from "@/app/_ops/operator";
import { readId } from "@/domain/delivery-facts";
import { replayWebhook } from "@/domain/webhooks";
import { publishNow } from "@/inngest/publish";
import { services } from "@/services";

/** Sends one event to its endpoint once more, or says why not. */
export function POST(request: Request): Promise<Response> {
  return handleOperatorPost(request, async ({ webhook }) => {
    const id = typeof webhook === "string" ? readId(webhook) : null;
    if (!id) return { status: 404, location: "/ops/webhooks" };
    const replay = await replayWebhook(services(), id);
    if (replay.outcome === "refused")
      return { status: 409, location: `/ops/webhooks/${id}?refused=${replay.code}` };
    await publishNow(services(), replay.outboxId);
    return { status: 202, location: `/ops/webhooks/${id}?done=replayed` };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

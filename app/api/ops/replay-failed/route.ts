import { refuseOtherMethods } from "@/app/_http/methods";
import { ALL_FAILED } from "@/app/_ops/acts";
import { handleOperatorPost } from "@/app/_ops/operator";
import { addSeconds } from "@/domain/clock";
import { replayFailed } from "@/domain/replay";
import { services } from "@/services";

/** Sends anew what was given up lately and is still waited for. The relay publishes what was queued. */
export function POST(request: Request): Promise<Response> {
  return handleOperatorPost(request, async () => {
    const since = addSeconds(services().clock(), -ALL_FAILED.withinSeconds);
    const { replayed, isMore } = await replayFailed(services(), { since, limit: ALL_FAILED.atOnce });
    return { status: 202, location: `/ops?replayed=${replayed.length}${isMore ? "&more=1" : ""}` };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

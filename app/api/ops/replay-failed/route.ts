import { refuseOtherMethods } from "@/app/_http/methods";
import { handleOperatorPost } from "@/app/_ops/operator";
import { addSeconds } from "@/domain/clock";
import { replayFailed } from "@/domain/replay";
import { services } from "@/services";

const DAY_SECONDS = 86_400;
/** A press is answered within seconds. The relay publishes what was queued. */
const AT_ONCE = 100;

/** Sends anew what was given up within the last day and is still waited for. */
export function POST(request: Request): Promise<Response> {
  return handleOperatorPost(request, async () => {
    const since = addSeconds(services().clock(), -DAY_SECONDS);
    const { replayed, isMore } = await replayFailed(services(), { since, limit: AT_ONCE });
    return { status: 202, location: `/ops?replayed=${replayed.length}${isMore ? "&more=1" : ""}` };
  });
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);

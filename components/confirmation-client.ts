// The state of a confirmation, asked of the API. Apart from api-client.ts, which the first page loads too.
import type { Confirmation } from "@/domain/confirmation-state";
import { type ApiResult, getJson } from "./api-client";

/** The state of the confirmation of whoever the browser's cookie stands for. */
export async function fetchConfirmation(): Promise<ApiResult<Confirmation>> {
  const result = await getJson<unknown>("/api/v1/usr/confirmation");
  if (result.outcome !== "done") return result;
  return isConfirmation(result.data) ? { outcome: "done", data: result.data } : { outcome: "unreachable" };
}

/** Enough to tell our answer from a proxy's. */
export function isConfirmation(value: unknown): value is Confirmation {
  return typeof value === "object" && value !== null && "confirmed" in value && "server_time" in value;
}

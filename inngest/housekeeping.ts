// In every server process: removes what is past its end date, for when no engine does (EMAIL_MODE=sync, or it is away).
import { purgeExpired } from "../domain/retention";
import type { Services } from "../domain/services";
import { type Loop, startLoop } from "./loop";

const ROUND_MS = 60 * 60_000;
/** Processes that started together do not do it together. */
const SPREAD_MS = 10 * 60_000;
const AFTER_ERROR_MS = 10 * 60_000;

export function startHousekeeping(services: Services): Loop {
  return startLoop(
    async () => {
      await purgeExpired(services);
      return ROUND_MS + Math.random() * SPREAD_MS;
    },
    (error) => {
      services.log.warn({ err: error }, "What is past its end date could not be removed");
      return AFTER_ERROR_MS;
    },
  );
}

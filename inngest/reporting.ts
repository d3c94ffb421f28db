// In every server process: adds what it has measured to the database, and says that it lives, for operators.
import { randomUUID } from "node:crypto";
import { REPORT_SECONDS, reportProcess, signOffProcess } from "../domain/server-processes";
import type { ProcessServices } from "../services";
import { type Loop, startLoop } from "./loop";
import { engine } from "./publish";

export function startReporting(services: ProcessServices): Loop {
  const id = randomUUID();
  const startedAt = services.clock();
  const loop = startLoop(
    async () => {
      await services.answerTimes.flush(services);
      const now = services.clock();
      await reportProcess(services, {
        id,
        startedAt,
        engine: engine(services).breaker.state(now),
        mailProvider: services.failover?.breaker.state(now) ?? null,
      });
      return REPORT_SECONDS * 1000;
    },
    (error) => {
      services.log.warn({ err: error }, "What this process measured could not be written down yet");
      return REPORT_SECONDS * 1000;
    },
  );
  return {
    wake: loop.wake,
    async stop() {
      await loop.stop();
      try {
        await services.answerTimes.flush(services);
        await signOffProcess(services, id);
      } catch (error) {
        // Others have work to end, which is waited for with this.
        services.log.warn({ err: error }, "What this process measured last is lost");
      }
    },
  };
}

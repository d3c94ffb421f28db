// One scrape by a monitor: what this process has counted, and what the database and the breakers say now.
import { readSendingFigures } from "../domain/sending-figures";
import type { ProcessServices } from "../services";
import { engine } from "./publish";

const shared = globalThis as typeof globalThis & { latchkeyScrape?: Promise<string> | undefined };

/**
 * All metrics as text. Never throws for the database: without it, what the process knows is told all the same, within
 * some three seconds. However many ask at once, the database is asked once.
 */
export function scrapeMetrics(services: ProcessServices): Promise<string> {
  shared.latchkeyScrape ??= readAll(services).finally(() => {
    shared.latchkeyScrape = undefined;
  });
  return shared.latchkeyScrape;
}

async function readAll(services: ProcessServices): Promise<string> {
  const { metrics, database, clock, log } = services;
  const figures = await database
    .within(() => readSendingFigures(services))
    .catch((error: unknown) => {
      log.warn({ err: error }, "The database did not answer a scrape of the metrics");
      return null;
    });
  const now = clock();
  metrics.show(figures, {
    engine: engine(services).breaker.state(now),
    mail_provider: services.failover?.breaker.state(now) ?? null,
  });
  return metrics.text();
}

// Begins to measure in a server process, once somebody may read it.
import { env } from "@/env";
import { services } from "@/services";
import { watchAnswers } from "./answer-times";

/** Does nothing without METRICS_TOKEN: what nobody can read costs nothing. */
export function watchForMetrics(): void {
  if (!env().METRICS_TOKEN) return;
  const { metrics } = services();
  metrics.watchProcess();
  watchAnswers(metrics.answered);
}

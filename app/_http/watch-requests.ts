// Begins to measure in a server process: what operators see always, what a monitor reads once one may.
import { subscribe } from "node:diagnostics_channel";
import type { ServerResponse } from "node:http";
import { env } from "@/env";
import { services } from "@/services";
import { watchAnswers } from "./answer-times";
import { nameRequests } from "./request-ids";
import { traceRequests } from "./traced-requests";

const REGISTER = "/api/v1/usr/register";

/** Answers to a registration that was made (201, or 303 to a form), or that was asked for and got none. */
const isRegistration = (status: string) => /^(201|303|5..|cut_off)$/.test(status);

/** Each of what follows listens for the end of an answer, and Next does several times: more than Node's ten are no leak. */
const LISTENERS_MAX = 32;

/** Without METRICS_TOKEN nothing is counted for a monitor: what nobody can read costs nothing. */
export function watchRequests(): void {
  const { metrics, answerTimes, tracer, logContext } = services();
  subscribe("http.server.request.start", (message) => {
    (message as { response: ServerResponse }).response.setMaxListeners(LISTENERS_MAX);
  });
  nameRequests(logContext);
  if (tracer) traceRequests(tracer);
  const isMonitored = Boolean(env().METRICS_TOKEN);
  if (isMonitored) metrics.watchProcess();
  watchAnswers((route, status, seconds) => {
    if (isMonitored) metrics.answered(route, status, seconds);
    if (route === REGISTER && isRegistration(status)) answerTimes.add(seconds, services().clock());
  });
}

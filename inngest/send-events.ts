// One call that brings events to the engine, and what its failures say.
import type { OutboxEvent } from "../db/outbox";
import type { ListenedCall } from "../domain/listening";
import type { Services } from "../domain/services";
import { causeOf } from "../domain/tracing";
import { EngineAnswerError, firstFailure, inngest } from "./client";

/** Nobody knows yet whether the engine has it. */
export const LATE = "Timed out";

async function send({ tracing }: Services, rows: OutboxEvent[]): Promise<void> {
  let sent: Promise<unknown> | undefined;
  const sendOnce = () =>
    (sent ??= inngest().send(
      rows.map((row) => ({ id: row.id, name: row.name, data: row.data, ts: row.createdAt.getTime() })),
    ));
  // One call may be a part of many traces, and be many in one: a span for each event, beside one another.
  await Promise.all(
    rows.map((row) => {
      const cause = causeOf(row.data);
      if (cause === null) return sendOnce();
      const facts = { "latchkey.event.id": row.id, "latchkey.event.name": row.name };
      return tracing.span(`publish ${row.name}`, { kind: "producer", cause, facts }, sendOnce);
    }),
  );
}

/**
 * Sends the events of `rows`. A refusal is heard at once, while the SDK tries four times more. `call` is told of every
 * word of the engine; `hear` of each failed try, whatever it is.
 */
export function sendOrHearRefusal(
  services: Services,
  rows: OutboxEvent[],
  call: ListenedCall,
  hear: (error: unknown) => void = () => {},
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const hearTry = (error: unknown) => {
      if (error instanceof EngineAnswerError) call.answered();
      hear(error);
      if (isRefusal(error)) reject(error);
    };
    const succeed = () => {
      call.answered();
      resolve();
    };
    firstFailure.run(hearTry, () => send(services, rows)).then(succeed, reject);
  }).finally(call.ended);
}

/** What an engine answers to events that it will never take. Other 4xx are about our keys, or about too many at once. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);

export function isRefusal(error: unknown): error is EngineAnswerError {
  return error instanceof EngineAnswerError && REFUSALS.has(error.status);
}

/** One plain phrase for the ways an engine can be away: it goes into an API answer, so no address and no port. */
export function describeEngineError(error: unknown): string {
  const code =
    error instanceof Error && error.cause instanceof Error
      ? (error.cause as NodeJS.ErrnoException).code
      : undefined;
  if (code === "ECONNREFUSED") return "Connection refused";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "Host not found";
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") return "Connection lost";
  if (error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError")) return LATE;
  return "The queue refused the event";
}

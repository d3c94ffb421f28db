// Each try of a step is a span of the trace that its event belongs to, whichever function it is of.
import { Middleware } from "inngest";
import { causeOf, type Tracing } from "../domain/tracing";

/** For the client; only where somebody listens. */
export function traceSteps(tracing: Tracing): Middleware.Class {
  return class TracedSteps extends Middleware.BaseMiddleware {
    readonly id = "traced-steps";

    override wrapStepHandler({ ctx, fn, next, stepInfo }: Middleware.WrapStepHandlerArgs): Promise<unknown> {
      const start = {
        kind: "consumer" as const,
        cause: causeOfEvent(ctx.event.data),
        facts: {
          "latchkey.function.id": fn.id(),
          "latchkey.step.id": stepInfo.options.id,
          "latchkey.run.id": ctx.runId,
          "latchkey.run.attempt": ctx.attempt,
        },
      };
      return tracing.span(`step ${stepInfo.options.id}`, start, next);
    }
  };
}

/** A run that has failed begins another one, whose event holds that of the first. */
function causeOfEvent(data: unknown): string | null {
  const failed = typeof data === "object" && data !== null ? Reflect.get(data, "event") : null;
  const inner = typeof failed === "object" && failed !== null ? Reflect.get(failed, "data") : null;
  return causeOf(data) ?? causeOf(inner);
}

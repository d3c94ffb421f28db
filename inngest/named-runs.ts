// What is logged while the engine has us work on a run says which run that is, and of which function.
import { Middleware } from "inngest";
import type { ProcessServices } from "../services";

/** For the client. */
export function nameRuns(context: ProcessServices["logContext"]): Middleware.Class {
  return class NamedRuns extends Middleware.BaseMiddleware {
    readonly id = "named-runs";

    override wrapRequest({ fn, next, runId }: Middleware.WrapRequestArgs): Promise<Middleware.Response> {
      const functionId = fn?.id();
      return context.run({ runId, ...(functionId === undefined ? {} : { functionId }) }, next);
    }
  };
}

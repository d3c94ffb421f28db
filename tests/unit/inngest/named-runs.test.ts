// What is logged while a run is worked on names the run.
import type { Middleware } from "inngest";
import { expect, test } from "vitest";
import { nameRuns } from "@/inngest/named-runs";
import { createLogContext } from "@/log";

test("a line of the log says which run of which function it belongs to, and no other one does", async () => {
  const context = createLogContext();
  const Runs = nameRuns(context);
  // What the middleware reads of what the SDK hands it.
  const asked = (runId: string, next: () => Promise<Middleware.Response>) =>
    ({ fn: { id: () => "send-confirmation-email" }, runId, next }) as unknown as Middleware.WrapRequestArgs;
  const said: object[] = [];
  const answer: Middleware.Response = { status: 200, headers: {}, body: "" };
  const runs = new Runs({ client: {} as never });
  await Promise.all(
    ["first", "second"].map((runId) =>
      runs.wrapRequest?.(
        asked(runId, async () => {
          await Promise.resolve();
          said.push(context.fields());
          return answer;
        }),
      ),
    ),
  );
  expect(said).toEqual([
    { runId: "first", functionId: "send-confirmation-email" },
    { runId: "second", functionId: "send-confirmation-email" },
  ]);
  expect(context.fields()).toEqual({});
});

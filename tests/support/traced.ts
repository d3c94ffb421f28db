// Tracing whose spans a test reads itself.
import { ExportResultCode } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { createTracing, type ProcessTracing } from "@/tracing";

export type Traced = {
  tracing: ProcessTracing;
  /** What was told of the collector: a reason, or null when all is well again. */
  said: (string | null)[];
  /** The next batches are not taken, with these codes. */
  refuse(...codes: number[]): void;
  /** Ends it, and gives the spans of a name, in the order in which they ended. */
  read(): Promise<(name: string) => ReadableSpan[]>;
};

export function createTraced(): Traced {
  const spans: ReadableSpan[] = [];
  const said: (string | null)[] = [];
  const refusals: number[] = [];
  const tracing = createTracing(
    {
      export(batch, done) {
        const code = refusals.shift();
        if (code !== undefined) {
          const error = Object.assign(new Error("what the collector said"), { code });
          return done({ code: ExportResultCode.FAILED, error });
        }
        spans.push(...batch);
        done({ code: ExportResultCode.SUCCESS });
      },
      async shutdown() {},
    },
    (trouble) => said.push(trouble),
  );
  return {
    tracing,
    said,
    refuse: (...codes) => void refusals.push(...codes),
    async read() {
      await tracing.stop();
      return (name) => spans.filter((span) => span.name === name);
    },
  };
}

// Does the collector take traces? Asked as they are handed over, with none in the request (docs/decisions/032).
import { isLoopback } from "../../env-rules";
import { type Asked, ask } from "./ask";
import type { Variables } from "./environment";
import { type Finding, ok, problem, warning } from "./finding";

/** Never throws. Nothing to say where nobody listens. */
export async function checkTraces(variables: Variables): Promise<Finding[]> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_SDK_DISABLED } = variables;
  if (!OTEL_EXPORTER_OTLP_ENDPOINT || !URL.canParse(OTEL_EXPORTER_OTLP_ENDPOINT)) return [];
  if (OTEL_SDK_DISABLED === "true")
    return [
      warning(
        "traces",
        "OTEL_SDK_DISABLED switches traces off.",
        "Unset it, or OTEL_EXPORTER_OTLP_ENDPOINT.",
      ),
    ];
  const url =
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || `${OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, "")}/v1/traces`;
  const headers = readHeaders(variables.OTEL_EXPORTER_OTLP_HEADERS);
  const none =
    variables.OTEL_EXPORTER_OTLP_PROTOCOL === "http/json"
      ? { json: { resourceSpans: [] } }
      : // A message of protobuf without fields has no bytes.
        { bytes: { type: "application/x-protobuf", content: new Uint8Array() } };
  const asked = await ask(url, { method: "POST", headers, ...none });
  return [judgeCollector(asked), ...judgeSecrecy(url, Object.keys(headers).length > 0)];
}

/** As OpenTelemetry writes them: `name=value`, separated by commas, values percent-encoded. */
export function readHeaders(text = ""): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    if (at > 0) headers[part.slice(0, at).trim()] = decode(part.slice(at + 1).trim());
  }
  return headers;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

export function judgeCollector(asked: Asked): Finding {
  if (asked.status === null)
    return problem(
      "traces",
      `The collector does not answer (${asked.why}).`,
      "Check OTEL_EXPORTER_OTLP_ENDPOINT and that it runs; over HTTP collectors listen on 4318, 4317 is for gRPC. People notice nothing meanwhile.",
    );
  if (asked.status >= 200 && asked.status < 300) return ok("traces", "The collector takes traces.");
  if (asked.status === 401 || asked.status === 403)
    return problem(
      "traces",
      `The collector does not let us in (${asked.status}).`,
      "Set OTEL_EXPORTER_OTLP_HEADERS to what it asks for, such as authorization=Bearer%20….",
    );
  if (asked.status === 404 || asked.status === 405)
    return problem(
      "traces",
      `The collector takes no traces at that address (${asked.status}).`,
      "OTEL_EXPORTER_OTLP_ENDPOINT is what stands before /v1/traces.",
    );
  if (asked.status === 415)
    return problem(
      "traces",
      "The collector does not read this form of OTLP (415).",
      "Set OTEL_EXPORTER_OTLP_PROTOCOL to the other one: http/protobuf or http/json.",
    );
  return warning(
    "traces",
    `The collector answered ${asked.status} to no traces at all, so that it takes some is not proven.`,
    "Look into its log.",
  );
}

/** Spans hold no secret; the headers, by which we are let in, do. */
function judgeSecrecy(url: string, hasHeaders: boolean): Finding[] {
  const isOpen = hasHeaders && url.startsWith("http:") && URL.canParse(url) && !isLoopback(url);
  return isOpen
    ? [
        warning(
          "traces",
          "OTEL_EXPORTER_OTLP_HEADERS go to the collector in clear.",
          "Use https, unless the way there is a network of your own.",
        ),
      ]
    : [];
}

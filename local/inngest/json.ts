// JSON is kept in Postgres as text, not jsonb: jsonb refuses \u0000 and lone surrogates, which are legal in an
// event, and the engine hands the text on as it came.

export type JsonObject = { [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why a text is not JSON, with the place as people count it; null when it is. */
export function describeJsonError(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const position = /at position (\d+)/.exec(reason)?.[1];
    const what = reason.replace(/ (in JSON )?at position \d+.*$/s, "");
    if (position === undefined) return what;
    const before = text.slice(0, Number(position)).split("\n");
    return `${what}: line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  }
}

/** Text that any column takes: no NUL, no half character, not longer than `lengthMax`. */
export function plainText(value: unknown, lengthMax = 2_000): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.slice(0, lengthMax).replaceAll("\u0000", "").toWellFormed();
}

/** The error as functions, onFailure handlers and the page see it. */
export type ErrorInfo = {
  name: string;
  message: string;
  stack?: string;
  code?: unknown;
  cause?: unknown;
};

/** Reads an error the SDK serialized; only the fields that survive on the real server are kept. */
export function toErrorInfo(value: unknown, fallback: string): ErrorInfo {
  if (!isObject(value)) {
    return { name: "Error", message: typeof value === "string" && value ? value : fallback };
  }
  const text = (field: unknown) => (typeof field === "string" && field !== "" ? field : undefined);
  const stack = text(value.stack);
  return {
    message: text(value.message) ?? text(value.error) ?? fallback,
    name: text(value.name) ?? "Error",
    ...(stack === undefined ? {} : { stack }),
    ...(value.code === undefined ? {} : { code: value.code }),
    ...(value.cause === undefined ? {} : { cause: value.cause }),
  };
}

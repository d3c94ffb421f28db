// One JSON object a line on standard output. Secrets never get here: callers pass ids and masked addresses,
// and the redaction below is the net under that.
import { type Logger, pino } from "pino";

const SECRETS = [
  "password",
  "code",
  "token",
  "access_token",
  "refresh_token",
  "authorization",
  "cookie",
  "html",
  "text",
  "subject",
];

export function createLog(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
  });
}

// The environment of a command: what is set, then what the env files say, then what the product that runs on this
// machine was started with. Where everything is configured, only the first two are there.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";

type Variables = Record<string, string | undefined>;

/** Later ones do not override earlier ones; an empty value counts as not set. */
const ENV_FILES = [".env.local", ".env"];

/** `running.json` and `secrets.json` are the stand-ins' own (local/up.ts), read here as any program may. */
export function readCommandEnvironment(root: string, given: Variables): Variables {
  const files = ENV_FILES.map((name) => path.join(root, name)).filter((file) => existsSync(file));
  const configured = files.reduce<Variables>(
    (known, file) => fill(known, parseEnv(readFileSync(file, "utf8"))),
    fill({}, given),
  );
  const dir = path.resolve(root, configured.LATCHKEY_DIR ?? ".latchkey");
  const running = readJson(path.join(dir, "running.json"));
  const secrets = readJson(path.join(dir, "secrets.json"));
  const urlOf = (part: string) => textIn(running[part], "url");
  const engine = urlOf("inngest");
  const mail = urlOf("mail");
  return fill(configured, {
    DATABASE_URL: urlOf("postgres"),
    APP_URL: urlOf("app"),
    APP_SECRET: textIn(secrets, "appSecret"),
    OPS_PASSWORD: textIn(secrets, "opsPassword"),
    ...(engine
      ? {
          INNGEST_BASE_URL: engine,
          INNGEST_EVENT_KEY: textIn(secrets, "inngestEventKey"),
          INNGEST_SIGNING_KEY: textIn(secrets, "inngestSigningKey"),
        }
      : {}),
    ...(mail && !configured.SMTP_URL
      ? {
          RESEND_BASE_URL: mail,
          RESEND_API_KEY: textIn(secrets, "resendApiKey"),
          RESEND_WEBHOOK_SECRET: textIn(secrets, "resendWebhookSecret"),
        }
      : {}),
  });
}

function fill(known: Variables, more: Variables): Variables {
  const isSet = (value: string | undefined) => value !== undefined && value.trim() !== "";
  const added = Object.entries(more).filter(([name, value]) => isSet(value) && !isSet(known[name]));
  return { ...known, ...Object.fromEntries(added) };
}

function readJson(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  return typeof content === "object" && content !== null ? (content as Record<string, unknown>) : {};
}

function textIn(value: unknown, name: string): string | undefined {
  const found =
    typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof found === "string" ? found : undefined;
}

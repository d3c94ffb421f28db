// Keys of the stand-ins, and the operator's password: made once, kept in a file that only we can read.
import { randomBytes, randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

export type Secrets = {
  appSecret: string;
  opsPassword: string;
  inngestEventKey: string;
  inngestSigningKey: string;
  resendApiKey: string;
  resendWebhookSecret: string;
};

/** Reads the secrets of `dir`, making what is not there yet. */
export function readSecrets(dir: string): Secrets {
  const file = path.join(dir, "secrets.json");
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Partial<Secrets>) : {};
  const random = () => randomBytes(32).toString("base64url");
  const secrets: Secrets = {
    appSecret: kept.appSecret ?? random(),
    opsPassword: kept.opsPassword ?? readablePassword(),
    inngestEventKey: kept.inngestEventKey ?? random(),
    inngestSigningKey: kept.inngestSigningKey ?? `signkey-prod-${randomBytes(32).toString("hex")}`,
    resendApiKey: kept.resendApiKey ?? `re_local_${random()}`,
    resendWebhookSecret: kept.resendWebhookSecret ?? `whsec_${randomBytes(24).toString("base64")}`,
  };
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.part`, file);
  return secrets;
}

/** Four groups of four, without letters that look alike: 80 bits that can be read aloud. */
function readablePassword(): string {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  const group = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("");
  return Array.from({ length: 4 }, group).join("-");
}

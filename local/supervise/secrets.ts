// Keys of the stand-ins, and the operator's password: made once, kept in a file that only we can read.
import { randomBytes, randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { makeFolder } from "../ownership.mjs";
import { replaceWhole } from "../processes.mjs";

export type Secrets = {
  appSecret: string;
  opsPassword: string;
  inngestEventKey: string;
  inngestSigningKey: string;
  resendApiKey: string;
  resendWebhookSecret: string;
};

/** Reads the secrets of `dir`, making what is not there yet. A file that has them all is left as it is. */
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
  if (Object.keys(secrets).every((name) => name in kept)) return secrets;
  makeFolder(dir);
  replaceWhole(file, secrets);
  return secrets;
}

/** Four groups of four, without letters that look alike: 80 bits that can be read aloud. */
function readablePassword(): string {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  const group = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("");
  return Array.from({ length: 4 }, group).join("-");
}

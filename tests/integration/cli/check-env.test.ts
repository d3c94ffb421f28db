// What the documentation says to make a secret with always makes one that a server starts with. Slow: a machine guesses.
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { checkEnv } from "@/env";
import { loadGuesser } from "@/secret-strength";
import { completeEnvironment } from "@/tests/support/environment";

const isGuessable = await loadGuesser();
const inBase64 = (bytes: number) => randomBytes(bytes).toString("base64");
const inHex = (bytes: number) => randomBytes(bytes).toString("hex");

test.each([
  ["openssl rand -base64 32", () => inBase64(32)],
  ["openssl rand -hex 32", () => inHex(32)],
])("none of a thousand of %s is taken for words", { timeout: 180_000 }, (_, make) => {
  expect(Array.from({ length: 1000 }, make).filter(isGuessable)).toEqual([]);
});

test("a server that people reach starts with secrets made that way", { timeout: 60_000 }, async () => {
  for (let round = 0; round < 20; round++)
    await checkEnv({
      ...completeEnvironment,
      NODE_ENV: "production",
      APP_URL: "https://latchkey.example",
      APP_SECRET: inBase64(32),
      OPS_PASSWORD: inBase64(9),
      METRICS_TOKEN: inBase64(12),
      INNGEST_SIGNING_KEY: `signkey-prod-${inHex(32)}`,
      INNGEST_EVENT_KEY: inHex(16),
      RESEND_WEBHOOK_SECRET: `whsec_${inBase64(24)}`,
      EMAIL_FROM: "Example <hello@latchkey.example>",
    });
});

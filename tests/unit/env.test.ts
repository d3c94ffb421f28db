import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkEnv, EnvironmentError, isMailDomainChecked, isTracingOn, parseEnv } from "@/env";
import { findWeakness, isLoopback } from "@/env-rules";
import { loadGuesser } from "@/secret-strength";
import { completeEnvironment as complete } from "@/tests/support/environment";

const isGuessable = await loadGuesser();

function complaints(source: Record<string, string | undefined>): string {
  try {
    parseEnv(source);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message;
    throw error;
  }
  return "";
}

describe("the environment", () => {
  test("has the replaced system's defaults: 2 s, 5 retries, 60 s doubling up to 900 s", () => {
    expect(parseEnv(complete)).toMatchObject({
      EMAIL_QUEUE_DELAY: 2,
      EMAIL_MAX_RETRIES: 5,
      EMAIL_RETRY_BASE: 60,
      EMAIL_RETRY_MAX: 900,
      EMAIL_TIMEOUT: 10,
    });
  });

  test("traces are on with a collector, unless OpenTelemetry is switched off", () => {
    const OTEL_EXPORTER_OTLP_ENDPOINT = "http://localhost:4318";
    const isOn = (given: Record<string, string>) => isTracingOn(parseEnv({ ...complete, ...given }));
    expect(isOn({})).toBe(false);
    expect(isOn({ OTEL_EXPORTER_OTLP_ENDPOINT })).toBe(true);
    expect(isOn({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: "true" })).toBe(false);
  });

  test.each([
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "Bearer k7secret"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"],
    ["OTEL_TRACES_SAMPLER", "sometimes"],
    ["OTEL_TRACES_SAMPLER_ARG", "10"],
  ])("%s that would be read wrongly or not at all stops the start, and is not repeated", (name, value) => {
    const said = complaints({ ...complete, [name]: value });
    expect(said).toContain(name);
    expect(said).not.toContain("k7secret");
  });

  test("an empty value is one that is not set, never a zero", () => {
    const names = ["EMAIL_QUEUE_DELAY", "EMAIL_MAX_RETRIES", "EMAIL_TIMEOUT", "EMAIL_RATE_LIMIT", "APP_URL"];
    const empty = Object.fromEntries(names.map((name) => [name, ""]));
    expect(parseEnv({ ...complete, ...empty })).toEqual(parseEnv(complete));
    expect(parseEnv({ ...complete, EMAIL_QUEUE_DELAY: " " }).EMAIL_QUEUE_DELAY).toBe(2);
  });

  test("believes no proxy until it is told how many there are", () => {
    expect(parseEnv(complete).TRUSTED_PROXY_HOPS).toBe(0);
    expect(parseEnv({ ...complete, TRUSTED_PROXY_HOPS: "2" }).TRUSTED_PROXY_HOPS).toBe(2);
    for (const hops of ["-1", "1.5", "many"])
      expect(complaints({ ...complete, TRUSTED_PROXY_HOPS: hops })).toContain("TRUSTED_PROXY_HOPS");
  });

  test("asks DNS about addresses except on loopback, where there may be no network", () => {
    const isChecked = (change: Record<string, string>) =>
      isMailDomainChecked(parseEnv({ ...complete, ...change }));
    expect(isChecked({ APP_URL: "http://localhost:3000" })).toBe(false);
    expect(isChecked({ APP_URL: "https://example.com" })).toBe(true);
    expect(isChecked({ APP_URL: "https://example.com", EMAIL_MX_CHECK: "off" })).toBe(false);
    expect(isChecked({ APP_URL: "http://localhost:3000", EMAIL_MX_CHECK: "on" })).toBe(true);
  });

  test("lists everything that is missing at once, and stops the boot", () => {
    const message = complaints({});
    for (const name of [
      "APP_SECRET",
      "DATABASE_URL",
      "RESEND_API_KEY",
      "INNGEST_SIGNING_KEY",
      "INNGEST_EVENT_KEY",
    ])
      expect(message).toContain(`${name} is missing`);
  });

  test("lists what is broken together with what goes against something else, which does not wait for it", () => {
    const message = complaints({ ...complete, PORT: "many", EMAIL_RETRY_BASE: "60", EMAIL_RETRY_MAX: "30" });
    expect(message).toMatch(/^ {2}PORT /m);
    expect(message).toMatch(/^ {2}EMAIL_RETRY_MAX must not be below EMAIL_RETRY_BASE$/m);
  });

  test("wants to be told where it is in production, and takes a broken address for a real one", () => {
    const production = { ...complete, NODE_ENV: "production", OPS_PASSWORD: "x", EMAIL_FROM: "" };
    expect(complaints({ ...production, APP_URL: undefined })).toMatch(/^ {2}APP_URL is missing/m);
    for (const APP_URL of [undefined, "app.example.org", "ftp://app.example.org"]) {
      const message = complaints({ ...production, APP_URL });
      expect(message, APP_URL).toMatch(/^ {2}OPS_PASSWORD needs 12/m);
      expect(message, APP_URL).toMatch(/^ {2}EMAIL_FROM is missing/m);
    }
    expect(complaints({ ...production, APP_URL: "http://localhost:3000" })).toBe("");
  });

  test("says nothing of what depends on a broken variable, until that is mended", () => {
    const given = { ...complete, RATE_LIMITS: "off", EMAIL_FAILOVER: "smtp", RESEND_API_KEY: "re_x" };
    expect(complaints({ ...given, APP_URL: "nowhere", SMTP_URL: "nowhere" })).not.toMatch(
      /RATE_LIMITS|EMAIL_FAILOVER/,
    );
  });

  test.each([
    "hello@example.com",
    "hello+news@mail.example.co.uk",
    "<hello@example.com>",
    "Latchkey <hello@latchkey.localhost>",
    " Dr. Ada K. Lovelace <ada@example.com> ",
    '"Lovelace, Ada" <ada@example.com>',
    '"Ada \\"the first\\" Lovelace" <ada@example.com>',
    "学校 🔑 <hello@bücher.example>",
  ])("takes a mailbox as the sender: %s", (mailbox) => {
    expect(parseEnv({ ...complete, EMAIL_FROM: mailbox }).EMAIL_FROM).toBe(mailbox.trim());
  });

  test.each([
    "bad",
    "hello@",
    "@example.com",
    "hello@example..com",
    "hello@-example.com",
    "hello@@example.com",
    "hello example.com",
    "Example hello@example.com",
    "Lovelace, Ada <ada@example.com>",
    "a@example.com, b@example.com",
    "Example <hello@example.com",
    '"Example <hello@example.com>"',
    "Example <hello@example.com>\r\nBcc: everybody@example.com",
    "Example\u0000 <hello@example.com>",
  ])("refuses what is no mailbox as the sender: %j", (text) => {
    expect(complaints({ ...complete, EMAIL_FROM: text })).toContain("  EMAIL_FROM must be one address");
  });

  test("refuses a weak secret without printing it", () => {
    const message = complaints({ ...complete, APP_SECRET: "hunter2" });
    expect(message).toContain("APP_SECRET needs 32 characters");
    expect(message).not.toContain("hunter2");
  });

  describe("in production", () => {
    const exposed = {
      ...complete,
      NODE_ENV: "production",
      APP_URL: "https://example.com",
      OPS_PASSWORD: "k7wq-9fzd-m3xa-t2hb",
      EMAIL_FROM: "Example <hello@example.com>",
      INNGEST_SIGNING_KEY: "signkey-prod-8d41f09c27ab5e63b07e5c1a9f2d6438",
      INNGEST_EVENT_KEY: "b5Zr8tQ1nVw3YkLm",
      RESEND_API_KEY: "re_9Zk2LmQ7_xT4vKq8RwB2nMd6YsHj3PfGc",
    };

    test("starts with everything set and nothing weak", () => {
      expect(complaints(exposed)).toBe("");
    });

    test("names every missing and every weak secret in one list, and prints none of them", () => {
      const weak = {
        APP_SECRET: "changeme-changeme-changeme-changeme",
        OPS_PASSWORD: "opensesame",
        INNGEST_SIGNING_KEY: "signkey-prod-00",
        INNGEST_EVENT_KEY: "local",
        RESEND_API_KEY: "re_1",
        RESEND_WEBHOOK_SECRET: "whsec_MTIzNA==",
      };
      const message = complaints({ ...exposed, ...weak, EMAIL_FROM: "" });
      for (const name of [...Object.keys(weak), "EMAIL_FROM"])
        expect(message, name).toMatch(new RegExp(`^  ${name} `, "m"));
      for (const value of ["changeme", "opensesame", "signkey-prod-00", "MTIzNA"])
        expect(message).not.toContain(value);
    });

    test("refuses a weak APP_SECRET on loopback too, where the other secrets guard an open door", () => {
      const local = { ...exposed, APP_URL: "http://localhost:3000", OPS_PASSWORD: "", EMAIL_FROM: "" };
      expect(complaints(local)).toBe("");
      expect(complaints({ ...local, APP_SECRET: "x".repeat(40) })).toContain("APP_SECRET");
      expect(complaints({ ...local, INNGEST_SIGNING_KEY: "signkey-prod-00" })).toBe("");
    });

    test("lets no mail of a real site go to the stand-in", () => {
      const message = complaints({ ...exposed, RESEND_BASE_URL: "http://127.0.0.1:8025" });
      expect(message).toContain("RESEND_BASE_URL names a stand-in");
    });

    test("is not asked of a developer", () => {
      expect(complaints({ ...complete, APP_SECRET: "x".repeat(32), NODE_ENV: "development" })).toBe("");
    });
  });

  describe("what others are told", () => {
    const secret = `whsec_${Buffer.from("k3Zq9Lm1vR7tY2wB8nP4sD6f").toString("base64")}`;
    const told = (urls: string, more: Record<string, string> = {}) =>
      complaints({ ...complete, WEBHOOK_SECRET: secret, WEBHOOK_URLS: urls, ...more });
    const real = { APP_URL: "https://example.com" };

    test("goes over https, or stays on this machine while all of the product does", () => {
      expect(told("https://a.example/hook, https://b.example/hook", real)).toBe("");
      expect(told("http://127.0.0.1:4000/hook")).toBe("");
      expect(told("http://a.example/hook")).toContain("WEBHOOK_URLS must be https");
      expect(told("http://127.0.0.1:4000/hook", real)).toContain("WEBHOOK_URLS names this machine");
      expect(told("https://[::1]/hook", real)).toContain("WEBHOOK_URLS names this machine");
    });

    test("is refused where it would be no address, or one with a password, without printing it", () => {
      for (const urls of [
        "hook",
        "ftp://a.example/",
        "https://ada:s3same@a.example/",
        "https://a.example/#s3same",
      ]) {
        expect(told(urls)).toMatch(/^ {2}WEBHOOK_URLS /m);
        expect(told(urls)).not.toContain("s3same");
      }
    });

    test("is signed: without a secret, or with one that is too short, the start ends", () => {
      expect(told("https://a.example/", { WEBHOOK_SECRET: "" })).toContain("WEBHOOK_SECRET is missing");
      for (const weak of [
        "whsec_c2hvcnQ=",
        "no prefix at all, and long enough",
        `${secret},whsec_c2hvcnQ=`,
      ]) {
        const message = told("https://a.example/", { WEBHOOK_SECRET: weak });
        expect(message).toMatch(/^ {2}WEBHOOK_SECRET must be "whsec_"/m);
        expect(message).not.toContain(weak);
      }
      expect(told("https://a.example/", { WEBHOOK_SECRET: `${secret}, ${secret}` })).toBe("");
    });

    test("takes a token over https only", () => {
      const message = complaints({ ...complete, ...real, INTERCOM_BASE_URL: "http://intercom.example" });
      expect(message).toContain("INTERCOM_BASE_URL must be https");
    });
  });

  test.each([
    "x".repeat(64),
    "abababababababababababababababab",
    "k3Zq9Lm1".repeat(4),
    "abcdefghijklmnopqrstuvwxyz012345",
    "98765432109876543210zyxwvutsrqponm",
    "1111111122222222333333334444444455",
    "please-change-me-before-going-live",
    "CHANGEME0d9f8a7s6d5f4g3h2j1k0l9z8x",
    "this is a very secret secret for me",
    "my super Passw0rd nobody can guess it",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-yz12345",
  ])("%s is no secret", (secret) => {
    expect(findWeakness(secret)).not.toBeNull();
  });

  test("what openssl rand makes is one, in hexadecimal and in base64, every time", () => {
    for (let round = 0; round < 200; round++) {
      expect(findWeakness(randomBytes(16).toString("hex"))).toBeNull();
      expect(findWeakness(randomBytes(32).toString("base64"))).toBeNull();
    }
  });

  test.each([
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9",
    "qazwsxedcrfvtgbyhnujmikolp123456",
    "test1234test1234test1234test1234x",
    "mysupersuperlongkeyforthisapp123",
    "keyboard cat keyboard cat keyboard",
    "correcthorsebatterystaplecorrect",
    "th1s1sth3s1gn1ngk3y0f0urpr0duct10n",
    "keyboardcat12",
    "signkey-prod-mysupersuperlongkeyforthisapp123",
  ])("%s is made of what everybody knows", (secret) => {
    expect(isGuessable(secret)).toBe(true);
  });

  // A thousand of each: tests/integration/cli/check-env.test.ts.
  test.each([
    "4IbWLbRZ1nR5zDkJmv0tqYxB7cPf2GaE",
    "signkey-prod-8d41f09c27ab5e63b07e5c1a9f2d6438",
    "k7wq-9fzd-m3xa-t2hb",
    "b5Zr8tQ1nVw3YkLm",
    "unfasten drizzle pelican motor gravy undone",
  ])("%s is not", (secret) => {
    expect(isGuessable(secret)).toBe(false);
  });

  test("ASVS 13.3.1: what can be guessed stops the start outside of loopback, beside the other complaints and without its value", async () => {
    const real = {
      ...complete,
      NODE_ENV: "production",
      APP_URL: "https://a.example",
      APP_SECRET: "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9",
      OPS_PASSWORD: "k7wq-9fzd-m3xa-t2hb",
    };
    const said = await checkEnv(real).catch((error: unknown) => String(error));
    for (const part of ["APP_SECRET is made of words", "EMAIL_FROM is missing", "INNGEST_EVENT_KEY needs"])
      expect(said).toContain(part);
    expect(said).not.toMatch(/OPS_PASSWORD|1qaz/);
    for (const change of [{ NODE_ENV: "development" }, { APP_URL: "http://localhost:3000" }])
      await expect(checkEnv({ ...real, ...change })).resolves.toBeDefined();
  });

  test("ASVS 13.3.1: what everybody knows of the site is no secret, nor is what another variable holds", async () => {
    const shared = "pRt7v0Qm2ZkXw9Lb4NfYc8HsJd1GeUa6";
    const real = {
      ...complete,
      NODE_ENV: "production",
      APP_URL: "https://shop.acme.example",
      EMAIL_FROM: "Acme <admin@acme.example>",
      APP_SECRET: shared,
      METRICS_TOKEN: shared,
      WEBHOOK_URLS: "https://services.acme.example/hook",
      WEBHOOK_SECRET: `whsec_${"A".repeat(32)}`,
    };
    for (const known of ["shop.acme.example", "admin@acme.example"]) {
      const said = await checkEnv({ ...real, OPS_PASSWORD: known }).catch((error: unknown) => String(error));
      expect(said).toContain("OPS_PASSWORD is");
      expect(said).toContain("METRICS_TOKEN is the same as APP_SECRET");
      expect(said).toContain("WEBHOOK_SECRET has too few different characters");
      expect(said).not.toContain(known);
    }
  });

  test("ASVS 15.2.3, 13.4.2: refuses plain http, unsigned calls and switched-off limits outside of loopback", () => {
    const message = complaints({
      ...complete,
      NODE_ENV: "production",
      APP_URL: "http://example.com",
      INNGEST_DEV: "1",
      RATE_LIMITS: "off",
    });
    for (const name of ["APP_URL", "INNGEST_DEV", "RATE_LIMITS"]) expect(message).toContain(name);
    const loud = { ...complete, NODE_ENV: "production", APP_URL: "HTTP://Example.com" };
    expect(complaints(loud)).toContain("APP_URL must be https");
  });

  test("refuses an address of the app with more than a host: links in mails would lead nowhere", () => {
    const ends = ["/shop", "\\shop", "/?x=1", "?x=1", "/#a", "#"];
    for (const APP_URL of [...ends.map((end) => `https://a.example${end}`), "https://me@a.example"])
      expect(complaints({ ...complete, APP_URL }), APP_URL).toContain("APP_URL must end after its host");
    for (const APP_URL of ["https://a.example/", "https://a.example:8443", "http://[::1]:3000"])
      expect(complaints({ ...complete, APP_URL }), APP_URL).not.toContain("APP_URL must end");
  });

  test("reads the address of the app as browsers write it", () => {
    for (const given of ["HTTPS://Example.COM", "https://example.com:443/", "https:\\\\example.com"])
      expect(parseEnv({ ...complete, APP_URL: given }).APP_URL, given).toBe("https://example.com");
    expect(parseEnv({ ...complete, APP_URL: "https://bücher.example" }).APP_URL).toBe(
      "https://xn--bcher-kva.example",
    );
  });

  test("takes an SMTP server in place of Resend", () => {
    expect(
      parseEnv({ ...complete, RESEND_API_KEY: "", SMTP_URL: "smtp://127.0.0.1:1025" }).RESEND_API_KEY,
    ).toBeUndefined();
  });

  test.each([
    ["http://localhost:3000", true],
    ["http://a.localhost", true],
    ["http://127.1.2.3", true],
    ["http://[::1]:3000", true],
    ["http://127.0.0.1.evil.com", false],
    ["https://example.com", false],
  ])("%s is loopback: %s", (url, expected) => {
    expect(isLoopback(url)).toBe(expected);
  });
});

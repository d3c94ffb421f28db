import { describe, expect, test } from "vitest";
import { EnvironmentError, isLoopback, isMailDomainChecked, parseEnv } from "@/env";

const complete = {
  APP_SECRET: "x".repeat(32),
  DATABASE_URL: "postgres://latchkey@127.0.0.1/latchkey",
  INNGEST_SIGNING_KEY: "signkey-prod-00",
  INNGEST_EVENT_KEY: "key",
  RESEND_API_KEY: "re_1",
};

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

  test("refuses a weak secret without printing it", () => {
    const message = complaints({ ...complete, APP_SECRET: "hunter2" });
    expect(message).toContain("APP_SECRET needs 32 characters");
    expect(message).not.toContain("hunter2");
  });

  test("refuses plain http, unsigned calls and switched-off limits outside of loopback", () => {
    const message = complaints({
      ...complete,
      NODE_ENV: "production",
      APP_URL: "http://example.com",
      INNGEST_DEV: "1",
      RATE_LIMITS: "off",
    });
    for (const name of ["APP_URL", "INNGEST_DEV", "RATE_LIMITS"]) expect(message).toContain(name);
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

import { describe, expect, test } from "vitest";
import {
  choosePlan,
  describeMix,
  isLoopbackUrl,
  listComplaints,
  mailsGoOutBy,
  restartPauseMs,
} from "@/local/supervise/plan";

const keys = { INNGEST_EVENT_KEY: "key", INNGEST_SIGNING_KEY: "signkey-prod-00" };
const real = { DATABASE_URL: "postgres://db.example.com/latchkey", ...keys, RESEND_API_KEY: "re_1" };

describe("what is configured (P9: one variable per real service)", () => {
  test("nothing set: everything is a stand-in", () => {
    expect(choosePlan({}, false)).toEqual({ postgres: "stand-in", inngest: "stand-in", mail: "stand-in" });
  });

  test.each([
    ["DATABASE_URL", { DATABASE_URL: "postgres://h/d" }, "postgres"],
    ["INNGEST_BASE_URL", { INNGEST_BASE_URL: "http://127.0.0.1:8288", ...keys }, "inngest"],
    ["Inngest Cloud's two keys", keys, "inngest"],
    ["RESEND_API_KEY", { RESEND_API_KEY: "re_1" }, "mail"],
    ["SMTP_URL", { SMTP_URL: "smtp://h" }, "mail"],
  ] as const)("%s replaces its stand-in and no other", (_, environment, part) => {
    const plan = choosePlan(environment, false);
    expect(
      Object.entries(plan)
        .filter(([, kind]) => kind === "configured")
        .map(([name]) => name),
    ).toEqual([part]);
  });

  test("an empty variable counts as unset", () => {
    expect(choosePlan({ DATABASE_URL: "", RESEND_API_KEY: " " }, false)).toEqual(choosePlan({}, false));
  });

  test("the Dev Server takes the engine's place where it is there, unless an engine is configured", () => {
    expect(choosePlan({}, true).inngest).toBe("dev-server");
    expect(choosePlan(keys, true).inngest).toBe("configured");
  });

  test("real parts beside stand-ins are named in one line; all or none are not", () => {
    expect(describeMix(choosePlan({ RESEND_API_KEY: "re_1" }, false))).toBe(
      "Real: mail. Stand-ins on this machine: postgres, inngest.",
    );
    expect(describeMix(choosePlan({}, false))).toBeNull();
    expect(describeMix(choosePlan(real, false))).toBeNull();
  });
});

describe("what stops the start", () => {
  const complaints = (environment: Record<string, string>) =>
    listComplaints(environment, choosePlan(environment, false));

  test("nothing does on loopback with stand-ins", () => {
    expect(complaints({})).toEqual([]);
    expect(complaints({ APP_URL: "http://localhost:4000" })).toEqual([]);
  });

  test("outside of loopback every missing part is named at once", () => {
    const said = complaints({ APP_URL: "https://example.com" }).join("\n");
    for (const name of [
      "DATABASE_URL",
      "INNGEST_EVENT_KEY",
      "RESEND_API_KEY",
      "APP_SECRET",
      "OPS_PASSWORD",
      "EMAIL_FROM",
    ])
      expect(said).toContain(name);
  });

  test("outside of loopback with everything set nothing is missing", () => {
    const rest = { APP_SECRET: "x".repeat(32), OPS_PASSWORD: "y", EMAIL_FROM: "hello@example.com" };
    expect(complaints({ APP_URL: "https://example.com", ...real, ...rest })).toEqual([]);
  });

  const MISSING = "APP_URL is missing: where people and the engine reach the app, e.g. https://example.com";
  const REST = { APP_SECRET: "x".repeat(32), OPS_PASSWORD: "y", EMAIL_FROM: "hello@example.com" };
  const ownEngine = { INNGEST_BASE_URL: "http://127.0.0.1:8288", ...keys };
  const own = { DATABASE_URL: "postgres://localhost/latchkey", ...ownEngine, SMTP_URL: "smtp://[::1]:1025" };

  test.each([
    ["Inngest Cloud, beside stand-ins too", keys],
    ["an engine elsewhere", { ...own, INNGEST_BASE_URL: "http://inngest.internal:8288" }],
    ["all parts real and the database elsewhere", { ...own, DATABASE_URL: real.DATABASE_URL }],
    ["all parts real and the mail elsewhere by SMTP", { ...own, SMTP_URL: "smtp://mail.example.com" }],
    ["all parts real and the mail elsewhere by Resend", { ...own, SMTP_URL: "", RESEND_API_KEY: "re_1" }],
    ["all of them elsewhere", real],
  ])("APP_URL can be on loopback only when it says so with %s", (_, environment) => {
    expect(complaints({ ...environment, ...REST })).toContain(MISSING);
    expect(complaints({ ...environment, APP_URL: "http://localhost:3000" })).toEqual([]);
  });

  test.each([
    ["every service on this machine", own],
    ["a database without a host", { ...own, DATABASE_URL: "postgres:///latchkey" }],
    [
      "Resend's API on this machine",
      { ...own, SMTP_URL: "", RESEND_API_KEY: "re_1", RESEND_BASE_URL: "http://localhost:8025" },
    ],
    ["a Dev Server", { ...real, INNGEST_DEV: "http://127.0.0.1:8288" }],
    [
      "a local engine beside a database and mail elsewhere",
      { ...real, INNGEST_EVENT_KEY: "", INNGEST_SIGNING_KEY: "" },
    ],
    [
      "an own engine beside a database elsewhere and a local inbox",
      { ...own, DATABASE_URL: real.DATABASE_URL, SMTP_URL: "" },
    ],
  ])("APP_URL may be left out with %s", (_, environment) => {
    expect(complaints(environment)).toEqual([]);
  });

  test("where APP_URL alone is missing it is the one complaint; otherwise all that is missing stands beside it", () => {
    expect(complaints({ ...real, ...REST })).toEqual([MISSING]);
    const said = complaints(keys);
    for (const name of [
      "APP_URL",
      "DATABASE_URL",
      "RESEND_API_KEY",
      "APP_SECRET",
      "OPS_PASSWORD",
      "EMAIL_FROM",
    ])
      expect(said.filter((line) => line.startsWith(`${name} is missing`))).toHaveLength(1);
  });

  test("half a configuration of the engine is a mistake, not a stand-in", () => {
    expect(complaints({ INNGEST_EVENT_KEY: "key" }).join()).toContain("belong together");
    expect(complaints({ INNGEST_BASE_URL: "http://127.0.0.1:8288" }).join()).toContain(
      "INNGEST_SIGNING_KEY is missing",
    );
  });

  test("an address that is none is named", () => {
    expect(complaints({ APP_URL: "example" }).join()).toContain("APP_URL");
    expect(isLoopbackUrl("example")).toBe(false);
  });
});

test("a part that keeps ending is started again after 0.5, 1, 2, 4, 8, 16 and then every 30 s", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 50].map(restartPauseMs)).toEqual([
    500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

describe("where mails go", () => {
  const RESEND_API_KEY = "re_1";
  const SMTP_URL = "smtp://mail.example";
  test.each([
    [{ RESEND_API_KEY }, "mails go out by Resend"],
    [{ SMTP_URL }, "mails go out by SMTP_URL"],
    [{ RESEND_API_KEY, SMTP_URL }, "mails go out by Resend"],
    [{ RESEND_API_KEY, SMTP_URL, EMAIL_FAILOVER: "smtp" }, "mails go out by Resend, or else by SMTP_URL"],
    [{ RESEND_API_KEY, SMTP_URL, EMAIL_FAILOVER: "resend" }, "mails go out by SMTP_URL, or else by Resend"],
  ])("%j", (environment, line) => {
    expect(mailsGoOutBy(environment)).toBe(line);
  });
});

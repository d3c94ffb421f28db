import { describe, expect, test } from "vitest";
import {
  choosePlan,
  describeMix,
  isLoopbackUrl,
  listComplaints,
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

import { describe, expect, test } from "vitest";
import type { Asked } from "@/cli/doctor/ask";
import { judgeDatabase } from "@/cli/doctor/database";
import { checkDomain, judgeDkim, judgeDmarc, judgeSpf, policyNames } from "@/cli/doctor/dns";
import { judgeApp, judgeApps, judgeEngine, judgeEventKey } from "@/cli/doctor/engine";
import { checkEnvironment } from "@/cli/doctor/environment";
import { describeFindings, exitCodeOf, ok, problem, warning } from "@/cli/doctor/finding";
import { domainOf, judgeResendDomain, judgeResendKey, judgeSmtpFailure } from "@/cli/doctor/mail";
import { FAILURE_CODES } from "@/emails/failures";
import { SmtpFailure } from "@/emails/transports/smtp-failure";
import { parseSmtpUrl } from "@/emails/transports/smtp-url";
import { hashSigningKey } from "@/inngest/signing-key";

const away: Asked = { status: null, why: "ECONNREFUSED" };
const answer = (status: number, body: unknown = null): Asked => ({ status, body });

describe("what the doctor says", () => {
  const findings = [
    ok("database", "It answers."),
    warning("mail", "No policy.", "Publish one."),
    problem("mail", "No key.", "Set one."),
  ];

  test("is a line for each thing, under its part, with how to mend it", () => {
    expect(describeFindings(findings).split("\n")).toEqual([
      "database",
      "  ok       It answers.",
      "",
      "mail",
      "  warning  No policy.",
      "           → Publish one.",
      "  problem  No key.",
      "           → Set one.",
      "",
      "1 ok, 1 to look at, 1 to mend.",
    ]);
  });

  test("ends with 1 for a problem, and with 0 for what is only to look at", () => {
    expect(exitCodeOf(findings)).toBe(1);
    expect(exitCodeOf(findings.slice(0, 2))).toBe(0);
  });
});

describe("the environment", () => {
  const whole = {
    APP_URL: "https://app.example.com",
    APP_SECRET: "4IbWLbRZ1nR5zDkJmv0tqYxB7cPf2GaE",
    OPS_PASSWORD: "kR8vT2mWq4ZsYb7L",
    DATABASE_URL: "postgres://u@db/latchkey",
    INNGEST_SIGNING_KEY: "signkey-prod-9f2c4e1ab7d35068c4e2f19a7b3d5e60",
    INNGEST_EVENT_KEY: "Xw93kTzLq0PvRm5d",
    RESEND_API_KEY: "re_9Zk2LmQ7_b5Zr8tQ1nVw3YkLmPqRsTuV",
    EMAIL_FROM: "Us <us@app.example.com>",
  };
  const levels = async (change: Record<string, string>) =>
    (await checkEnvironment({ ...whole, ...change })).map(({ level }) => level);

  test("is well when the product would start with it", async () => {
    expect(await levels({})).toEqual(["ok"]);
  });

  test("has a problem for each variable that is missing, malformed or weak, and tells no value", async () => {
    const found = await checkEnvironment({
      ...whole,
      DATABASE_URL: "",
      APP_SECRET: "a".repeat(40),
      OPS_PASSWORD: "keyboardcat12",
      EMAIL_TIMEOUT: "soon",
    });
    expect(found.map(({ level }) => level)).toEqual(["problem", "problem", "problem", "problem"]);
    const said = found.map(({ says }) => says).join("\n");
    for (const name of ["DATABASE_URL", "APP_SECRET", "OPS_PASSWORD", "EMAIL_TIMEOUT"])
      expect(said).toContain(name);
    expect(said).not.toMatch(/aaaa|keyboardcat/);
  });

  test("warns of what works and should not stay", async () => {
    expect(await levels({ EMAIL_MODE: "sync" })).toEqual(["ok", "warning"]);
    const onLoopback = { APP_URL: "http://localhost:3000", RATE_LIMITS: "off" };
    expect(await levels(onLoopback)).toEqual(["ok", "warning", "ok"]);
  });
});

describe("the database", () => {
  const well = {
    versionNumber: 180_004,
    aheadMs: 3,
    uncertainMs: 1,
    migrations: { missing: 0, applied: 16, unknown: 0 },
  };
  const levels = (change: Partial<typeof well>) =>
    judgeDatabase({ ...well, ...change }).map(({ level }) => level);

  test("is well with all migrations, a Postgres that gets fixes, and our time", () => {
    expect(levels({})).toEqual(["ok", "ok", "ok", "ok"]);
    expect(judgeDatabase(well)[1]?.says).toBe("Postgres 18.4.");
  });

  test("lacks migrations: a problem; has some that we do not know: a warning", () => {
    expect(levels({ migrations: { missing: 1, applied: 15, unknown: 0 } })[2]).toBe("problem");
    expect(levels({ migrations: { missing: 0, applied: 16, unknown: 1 } })[2]).toBe("warning");
  });

  test("is judged by its clock as far as the answer's own way allows", () => {
    expect(levels({ aheadMs: -900 })[3]).toBe("ok");
    expect(levels({ aheadMs: -3_000 })[3]).toBe("warning");
    expect(levels({ aheadMs: 3_000, uncertainMs: 2_500 })[3]).toBe("ok");
    expect(levels({ aheadMs: 60_000 })[3]).toBe("problem");
    expect(judgeDatabase({ ...well, aheadMs: -3_000 })[3]?.says).toContain("3.00 s behind");
  });

  test("of a version that gets no more fixes is a warning", () => {
    expect(levels({ versionNumber: 140_012 })[1]).toBe("warning");
  });
});

describe("the engine", () => {
  test("is told apart: away, another signing key, another event key, well", () => {
    expect(judgeEngine(away, "http://engine").map(({ level }) => level)).toEqual(["problem"]);
    expect(judgeEngine(answer(401), "http://engine").map(({ level }) => level)).toEqual(["ok", "problem"]);
    expect(judgeEngine(answer(200), "http://engine").map(({ level }) => level)).toEqual(["ok", "ok"]);
    expect(judgeEngine(answer(502), "http://engine").map(({ level }) => level)).toEqual(["ok", "warning"]);
    expect(judgeEventKey(answer(401)).level).toBe("problem");
    expect(judgeEventKey(answer(200, { ids: [], status: 200 })).level).toBe("ok");
    expect(judgeEventKey(answer(500)).level).toBe("warning");
  });

  test("knows our app, or does not, or had trouble with it", () => {
    const list = (...data: unknown[]) => answer(200, { data });
    expect(judgeApps(list({ id: "latchkey", error: null })).level).toBe("ok");
    expect(judgeApps(list({ id: "another" }, null)).level).toBe("problem");
    expect(judgeApps(list()).mend).toContain("/api/inngest");
    expect(judgeApps(list({ id: "latchkey", error: "unreachable" }), "https://us/")).toMatchObject({
      level: "problem",
      mend: "Register https://us/api/inngest with the engine (Sync app).",
    });
    expect(judgeApps(answer(404)).level).toBe("warning");
  });

  test("and the app that runs must have the same key", () => {
    expect(judgeApp(answer(200)).level).toBe("ok");
    expect(judgeApp(answer(401)).level).toBe("problem");
    expect(judgeApp(away).level).toBe("warning");
    expect(judgeApp(answer(404)).level).toBe("warning");
  });

  test("is shown the hash of the key's bytes, as the SDK shows it", () => {
    expect(hashSigningKey("signkey-prod-00")).toBe(
      "signkey-prod-6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    );
  });
});

describe("Resend", () => {
  test("takes a key that it asks for a mail, also one that may only send", () => {
    expect(judgeResendKey(answer(422, { name: "missing_required_field" })).level).toBe("ok");
    expect(judgeResendDomain(answer(401, { name: "restricted_api_key" }), "us.org")).toEqual([]);
  });

  test("refuses a key in each of its documented ways", () => {
    for (const refused of [
      answer(401, { name: "missing_api_key" }),
      answer(401, { name: "validation_error", message: "API key is invalid" }),
      answer(400, { name: "validation_error", message: "API key is invalid" }),
    ])
      expect(judgeResendKey(refused)).toMatchObject({
        level: "problem",
        mend: expect.stringContaining("RESEND_API_KEY"),
      });
    expect(judgeResendKey(answer(429, { name: "daily_quota_exceeded" })).level).toBe("warning");
    expect(judgeResendKey(away).level).toBe("problem");
    expect(judgeResendKey(answer(500)).level).toBe("problem");
  });

  test("has verified the sender's domain, or one above it", () => {
    const domains = answer(200, {
      data: [
        { name: "us.org", status: "verified" },
        { name: "new.us.org", status: "pending" },
      ],
    });
    expect(judgeResendDomain(domains, "us.org")[0]?.level).toBe("ok");
    expect(judgeResendDomain(domains, "mail.us.org")[0]?.level).toBe("ok");
    expect(judgeResendDomain(domains, "new.us.org")[0]).toMatchObject({
      level: "problem",
      says: expect.stringContaining("pending"),
    });
    expect(judgeResendDomain(domains, "notus.org")[0]?.level).toBe("problem");
  });
});

describe("an SMTP server", () => {
  test("that does not take mail is a problem with a way to mend it, whatever the reason", () => {
    for (const url of ["smtp://mail.us.org", "smtps://mail.us.org"])
      for (const code of FAILURE_CODES) {
        const finding = judgeSmtpFailure(new SmtpFailure(code, "text", "535 5.7.8"), parseSmtpUrl(url));
        expect(finding, code).toMatchObject({ level: "problem", says: expect.stringContaining("535 5.7.8") });
        expect(finding.mend, code).toMatch(/\w.*\.$/);
      }
  });
});

describe("the sender's domain", () => {
  test("is what stands behind the @", () => {
    expect(domainOf("Us <hello@Us.org>")).toBe("us.org");
    expect(domainOf("hello@us.org")).toBe("us.org");
    for (const none of [undefined, "", "nobody"]) expect(domainOf(none)).toBeNull();
  });

  test("SPF: one record that does not let everybody send, at the domain or where the provider has its path", () => {
    const spf = (...texts: string[]) => judgeSpf("us.org", texts, []).level;
    expect(spf("v=spf1 include:_spf.example -all", "something else")).toBe("ok");
    expect(spf()).toBe("warning");
    expect(spf("v=spf1 -all", "v=spf1 ~all")).toBe("problem");
    for (const open of ["v=spf1 +all", "v=spf1 a all"]) expect(spf(open), open).toBe("problem");
    expect(judgeSpf("us.org", [], ["v=spf1 include:amazonses.com ~all"]).level).toBe("ok");
    expect(judgeSpf("us.org", null, []).level).toBe("warning");
  });

  test("DKIM: a key that is not revoked (RFC 6376, 3.6.1: an empty p=)", () => {
    expect(judgeDkim("us.org", true, [["v=DKIM1; k=rsa; p=MIGf"]]).level).toBe("ok");
    expect(judgeDkim("us.org", true, [["p=MIGf"]]).level).toBe("ok");
    expect(judgeDkim("us.org", true, [["v=DKIM1; p="]]).level).toBe("problem");
    expect(judgeDkim("us.org", false, [[], []]).level).toBe("warning");
    expect(judgeDkim("us.org", true, [null]).level).toBe("warning");
  });

  test("DMARC: its own policy, else its parent's", () => {
    expect(policyNames("mail.us.org")).toEqual(["_dmarc.mail.us.org", "_dmarc.us.org"]);
    const dmarc = (...answers: (string[] | null)[]) => judgeDmarc("us.org", answers).level;
    expect(dmarc(["v=DMARC1; p=reject"])).toBe("ok");
    expect(dmarc([], ["v=DMARC1;p=none; rua=mailto:a@us.org"])).toBe("ok");
    expect(dmarc(["v=DMARC1; rua=mailto:a@us.org"])).toBe("problem");
    expect(dmarc(["v=DMARC1; p=none", "v=DMARC1; p=reject"])).toBe("problem");
    expect(dmarc([], [])).toBe("warning");
    expect(dmarc(null)).toBe("warning");
  });

  test("is asked for once in each place, and not at all when nobody can own it", async () => {
    const asked: string[] = [];
    const lookUp = async (name: string) => {
      asked.push(name);
      return [];
    };
    const findings = await checkDomain("mail.us.org", true, lookUp, async () => true);
    expect(findings.map(({ level }) => level)).toEqual(["warning", "problem", "warning"]);
    expect(asked.sort()).toEqual([
      "_dmarc.mail.us.org",
      "_dmarc.us.org",
      "mail.us.org",
      "resend._domainkey.mail.us.org",
      "send.mail.us.org",
    ]);
    asked.length = 0;
    for (const domain of ["latchkey.localhost", "example.com", "a.test"])
      expect((await checkDomain(domain, true, lookUp)).map(({ level }) => level)).toEqual(["ok"]);
    expect(asked).toEqual([]);
  });

  test("is not blamed by a DNS that does not know the internet", async () => {
    const findings = await checkDomain(
      "us.org",
      true,
      async () => [],
      async () => false,
    );
    expect(findings.map(({ level }) => level)).toEqual(["warning"]);
  });
});

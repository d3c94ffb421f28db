// What the doctor says of those who are told what happens, of the canary, and of the collector of traces.
import { describe, expect, test } from "vitest";
import type { Asked } from "@/cli/doctor/ask";
import { judgeCanary } from "@/cli/doctor/canary";
import { judgeEndpoint, judgeIntercom, judgeSecrets } from "@/cli/doctor/outside";
import { judgeCollector, readHeaders } from "@/cli/doctor/traces";

const away: Asked = { status: null, why: "ECONNREFUSED" };
const answer = (status: number): Asked => ({ status, body: null });

describe("an endpoint of our webhooks", () => {
  const level = (asked: Asked) => judgeEndpoint("hooks.us.org", asked).level;

  test("is well when it answers, whatever it says to a question without a webhook in it", () => {
    for (const status of [200, 204, 400, 401, 404, 405])
      expect(level(answer(status)), `${status}`).toBe("ok");
  });

  test("leads elsewhere, or is in trouble: a warning", () => {
    for (const status of [301, 308, 500, 502]) expect(level(answer(status)), `${status}`).toBe("warning");
  });

  test("is away, or proves by no certificate who it is: a problem each, mended differently", () => {
    const mends = ["ECONNREFUSED", "CERT_HAS_EXPIRED"].map((why) => {
      const finding = judgeEndpoint("hooks.us.org", { status: null, why });
      expect(finding).toMatchObject({ level: "problem", says: expect.stringContaining(why) });
      return finding.mend;
    });
    expect(mends[1]).toContain("authority");
    expect(mends[0]).not.toContain("authority");
    for (const why of [
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ])
      expect(judgeEndpoint("hooks.us.org", { status: null, why }).mend, why).toBe(mends[1]);
  });

  test("has one secret; a second one is for while it is being replaced", () => {
    expect(judgeSecrets(0)).toEqual([]);
    expect(judgeSecrets(1).map((finding) => finding.level)).toEqual(["ok"]);
    expect(judgeSecrets(2).map((finding) => finding.level)).toEqual(["warning"]);
  });
});

describe("Intercom", () => {
  test("takes the token when it says that nobody is called so", () => {
    expect(judgeIntercom(answer(404)).level).toBe("ok");
    expect(judgeIntercom(answer(200)).level).toBe("ok");
  });

  test("does not take it, does not let it read, or is away: a problem each", () => {
    const mends = [answer(401), answer(403), away].map((asked) => {
      const finding = judgeIntercom(asked);
      expect(finding.level).toBe("problem");
      return finding.mend;
    });
    expect(new Set(mends).size).toBe(3);
    expect(mends[0]).toContain("INTERCOM_BASE_URL");
  });

  test("that is busy or broken proves nothing: a warning", () => {
    for (const status of [429, 500]) expect(judgeIntercom(answer(status)).level).toBe("warning");
  });
});

describe("the canary", () => {
  const now = new Date("2026-03-01T12:00:00Z");
  const judge = (
    minutesAgo: number,
    change: { acceptedAfterMs?: number | null; reason?: string | null } = {},
  ) =>
    judgeCanary(
      {
        last: {
          startedAt: new Date(now.getTime() - minutesAgo * 60_000),
          acceptedAfterMs: 2_340,
          answeredMs: 80,
          reason: null,
          ...change,
        },
      },
      now,
    );

  test("is well when the last one set out lately and came through", () => {
    expect(judge(4)).toMatchObject({
      level: "ok",
      says: "The canary of 4 min ago came through, 2.3 s after it registered.",
    });
  });

  test("that has never run is a warning: it may have been set just now", () => {
    expect(judgeCanary({ last: null }, now).level).toBe("warning");
  });

  test("that has not set out for long, or did not come through, is a problem, and says why", () => {
    expect(judge(14).level).toBe("ok");
    expect(judge(15)).toMatchObject({ level: "problem", says: expect.stringContaining("15 min ago") });
    const lost = judge(4, { acceptedAfterMs: null, reason: "not_in_time" });
    expect(lost).toMatchObject({ level: "problem", says: expect.stringContaining("not_in_time") });
    const barred = judge(4, { acceptedAfterMs: null, reason: "address_suppressed" });
    expect(barred.mend).toContain("another address");
  });
});

describe("the collector of traces", () => {
  test("is well when it takes a request without any", () => {
    for (const status of [200, 202, 204]) expect(judgeCollector(answer(status)).level).toBe("ok");
  });

  test("is away, lets nobody in, is elsewhere, or reads another form: a problem each, mended differently", () => {
    const mends = [away, answer(401), answer(404), answer(415)].map((asked) => {
      const finding = judgeCollector(asked);
      expect(finding.level).toBe("problem");
      return finding.mend;
    });
    expect(new Set(mends).size).toBe(4);
    expect(judgeCollector(answer(500)).level).toBe("warning");
  });

  test("is shown the headers that OTEL_EXPORTER_OTLP_HEADERS names", () => {
    expect(readHeaders("authorization=Bearer%20k7, x-team=a=b")).toEqual({
      authorization: "Bearer k7",
      "x-team": "a=b",
    });
    expect(readHeaders()).toEqual({});
    expect(readHeaders("x=%zz")).toEqual({ x: "%zz" });
  });
});

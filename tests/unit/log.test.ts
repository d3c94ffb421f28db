import { DrizzleQueryError } from "drizzle-orm/errors";
import { describe, expect, test } from "vitest";
import { requestIdOf } from "@/app/_http/request-ids";
import { createLogContext, describeErrorForLog } from "@/log";

describe("an error in the log", () => {
  test("ASVS 16.2.5: of a failed query names the query and the cause, never its parameters", () => {
    const cause = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), { code: "ECONNREFUSED" });
    const error = new DrizzleQueryError(
      "insert into users values ($1, $2)",
      ["ada@example.com", "$argon2id$secret"],
      cause,
    );
    const logged = JSON.stringify(describeErrorForLog(error));
    expect(logged).toContain("insert into users values ($1, $2)");
    expect(logged).toContain("ECONNREFUSED");
    expect(logged).not.toContain("ada@example.com");
    expect(logged).not.toContain("argon2id");
  });

  test("keeps where it happened", () => {
    expect(describeErrorForLog(new Error("broken")).stack).toContain("log.test.ts");
  });

  test("that is none is named, not printed", () => {
    expect(describeErrorForLog("the password is hunter2")).toEqual({ name: "NotAnError", message: "string" });
  });
});

describe("what a line of the log belongs to", () => {
  test("is the request that is answered and the run that is worked on, also after a wait", async () => {
    const context = createLogContext();
    await new Promise<void>((resolve) => {
      setImmediate(async () => {
        const leave = context.enter({ requestId: "of-a-proxy" });
        await Promise.resolve();
        await context.run({ runId: "01J", functionId: "send" }, async () => {
          await Promise.resolve();
          expect(context.fields()).toEqual({ requestId: "of-a-proxy", runId: "01J", functionId: "send" });
        });
        expect(context.fields()).toEqual({ requestId: "of-a-proxy" });
        leave();
        // A timer that was begun there goes on for itself.
        expect(context.fields()).toEqual({});
        resolve();
      });
    });
    expect(context.fields()).toEqual({});
  });

  test("is named by who is in front, where that is a name, else anew", () => {
    expect(requestIdOf("req-from-proxy-1")).toBe("req-from-proxy-1");
    for (const odd of [undefined, "short", "a b c d e f g h", "x".repeat(65), ["one-of-two", "two-of-two"]])
      expect(requestIdOf(odd)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

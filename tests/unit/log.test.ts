import { DrizzleQueryError } from "drizzle-orm/errors";
import { describe, expect, test } from "vitest";
import { describeErrorForLog } from "@/log";

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

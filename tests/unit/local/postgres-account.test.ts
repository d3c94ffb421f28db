import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chooseAccount, isReachable } from "@/local/postgres/account";

const PASSWD = [
  "root:x:0:0:root:/root:/bin/bash",
  "nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin",
].join("\n");
const POSTGRES = "postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash";

describe("whom Postgres runs as", () => {
  test("an ordinary user runs it as itself", () => {
    expect(chooseAccount(1000, PASSWD)).toBeNull();
    expect(chooseAccount(undefined, "")).toBeNull();
  });

  test("root runs it as postgres, else as nobody", () => {
    expect(chooseAccount(0, `${PASSWD}\n${POSTGRES}`)).toEqual({ uid: 101, gid: 104 });
    expect(chooseAccount(0, PASSWD)).toEqual({ uid: 65534, gid: 65533 });
  });

  test("a user whose name only begins alike is not taken", () => {
    expect(chooseAccount(0, `postgres-exporter:x:7:7::/:/bin/sh\n${PASSWD}`)).toEqual({
      uid: 65534,
      gid: 65533,
    });
  });

  test("a machine with neither is told what to do", () => {
    expect(() => chooseAccount(0, "root:x:0:0::/root:/bin/sh")).toThrow(/DATABASE_URL/);
  });
});

describe("which folders another user reaches", () => {
  const stranger = { uid: 4_000_001, gid: 4_000_001 };
  let base = "";

  beforeAll(() => {
    base = mkdtempSync(path.join(tmpdir(), "latchkey-reach-"));
    chmodSync(base, 0o755);
    mkdirSync(path.join(base, "open/inner"), { recursive: true, mode: 0o755 });
    mkdirSync(path.join(base, "closed/inner"), { recursive: true });
    chmodSync(path.join(base, "closed"), 0o700);
    symlinkSync(path.join(base, "closed/inner"), path.join(base, "open/link"));
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  test("those whose every parent lets it in", () => {
    expect(isReachable(path.join(base, "open/inner"), stranger)).toBe(true);
    expect(isReachable(path.join(base, "closed/inner"), stranger)).toBe(false);
  });

  test("a folder that is not there yet counts as the one it will be made in", () => {
    expect(isReachable(path.join(base, "open/new/deep"), stranger)).toBe(true);
    expect(isReachable(path.join(base, "closed/new/deep"), stranger)).toBe(false);
  });

  test("a link is judged by where it leads", () => {
    expect(isReachable(path.join(base, "open/link"), stranger)).toBe(false);
  });

  test("everything, when no other user is involved", () => {
    expect(isReachable(path.join(base, "closed/inner"), null)).toBe(true);
  });
});

// People of the replaced system, from a file to signing in, against real SQL.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { EXIT } from "@/cli/ops/command";
import { COMMANDS } from "@/cli/ops/commands";
import { runOps } from "@/cli/ops/run";
import { listAuditRows } from "@/db/audit-log";
import { findNewestClaimMail } from "@/db/deliveries";
import { findUser, findUserByUsername } from "@/db/users";
import { confirmEmail } from "@/domain/email-confirmation";
import { registerUser } from "@/domain/registration";
import { signIn } from "@/domain/sign-in";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
const folder = mkdtempSync(path.join(tmpdir(), "import-"));
afterAll(() => rmSync(folder, { recursive: true }));

const PASSWORD = "correct horse battery";
/** Made by Django 5.2. */
const HASH = "pbkdf2_sha256$2000$Zx9QpL2mN7vB4kT1cR8wYd$ekSLnY3beLfJMFQRkQaPoA+p2vRAyil1oRiJxLEfBEQ=";

const row = (change: Record<string, unknown> = {}) => {
  const { username, email } = someone();
  return {
    username,
    email,
    password: HASH,
    email_confirmed: true,
    created_at: "2021-03-04T05:06:07.891011+00:00",
    ...change,
  };
};

async function importLines(lines: readonly unknown[], ...options: string[]) {
  const file = path.join(folder, "users.jsonl");
  writeFileSync(
    file,
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
  const out: string[] = [];
  const code = await runOps(
    ["import-users", "--file", file, "--json", ...options],
    COMMANDS,
    () => ({ services }),
    {
      out: (line) => void out.push(line),
      err: (line) => void out.push(line),
      ask: async () => null,
    },
  );
  return { code, result: JSON.parse(out.join("")) as Record<string, unknown> };
}

const refusedOf = (result: Record<string, unknown>) => result.refused_lines;

describe("people of the replaced system", () => {
  test("become accounts that sign in by name and address with the password they had, and get no mail", async () => {
    const id = "0b8f8f1e-7a43-4d5e-9a3b-1f4f3c1a2b3c";
    const [one, two] = [row({ language: "de" }), row({ id })];
    const { code, result } = await importLines([`\ufeff${JSON.stringify(one)}`, "", two]);
    expect({ code, result }).toEqual({
      code: EXIT.done,
      result: { dry_run: false, imported: 2, present: 0, updated: 0, refused: 0, refused_lines: [] },
    });
    for (const login of [one.username, one.username.toUpperCase(), one.email])
      expect((await signIn(services, { login, password: PASSWORD })).user).toMatchObject({
        username: one.username,
        email: one.email,
        email_confirmed: true,
        created_at: "2021-03-04T05:06:07.891Z",
      });
    const imported = await findUserByUsername(services.db, one.username);
    expect(imported).toMatchObject({ language: "de", passwordHash: expect.stringMatching(/^\$argon2id\$/) });
    expect(await findNewestClaimMail(services.db, imported?.id ?? "")).toBeNull();
    expect((await findUserByUsername(services.db, two.username))?.id).toBe(id);
    expect((await listAuditRows(services.db, { type: "users_imported" }, { limit: 1 }))[0]).toMatchObject({
      actor: "operator",
      details: { imported: 2, present: 0, updated: 0, refused: 0 },
    });
  });

  test("are imported once: the file again changes nothing, not even a password that was made anew", async () => {
    const one = row();
    await importLines([one]);
    await signIn(services, { login: one.username, password: PASSWORD });
    const before = await findUserByUsername(services.db, one.username);
    const again = await importLines([one, { ...one, email: one.email.toUpperCase() }]);
    expect(again).toMatchObject({ code: EXIT.done, result: { imported: 0, present: 2, refused: 0 } });
    expect(await findUserByUsername(services.db, one.username)).toEqual(before);
  });

  test("who changed their password in the old system meanwhile have the new one, unless they have signed in here", async () => {
    /** Made by Django 5.2, of "lètmein". */
    const newer = "pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY=";
    const [away, here] = [row(), row()];
    await importLines([away, here]);
    await signIn(services, { login: here.username, password: PASSWORD });
    const lines = [away, here].map((one) => ({ ...one, password: newer }));
    expect((await importLines(lines, "--dry-run")).result).toMatchObject({ present: 1, updated: 1 });
    expect((await importLines(lines)).result).toMatchObject({
      imported: 0,
      present: 1,
      updated: 1,
      refused: 0,
    });
    expect((await importLines(lines)).result).toMatchObject({ present: 2, updated: 0 });
    await signIn(services, { login: away.username, password: "lètmein" });
    await signIn(services, { login: here.username, password: PASSWORD });
  });

  test("are judged by a dry run as by a real one, which alone writes", async () => {
    const [one, two] = [row(), row()];
    const lines = [
      one,
      one,
      { ...two, username: one.username },
      { ...two, email: one.email },
      { ...two, email_confirmed: false },
    ];
    const dry = await importLines(lines, "--dry-run");
    expect(await findUserByUsername(services.db, one.username)).toBeNull();
    const real = await importLines(lines);
    expect(dry.result).toEqual({
      dry_run: true,
      imported: 1,
      present: 1,
      updated: 0,
      refused: 3,
      refused_lines: [
        { line: 3, code: "username_taken" },
        { line: 4, code: "address_taken" },
        { line: 5, code: "not_confirmed" },
      ],
    });
    // Lines of one file go side by side, so which of two for one name comes first is open; the counts are not.
    expect(real.result).toMatchObject({ dry_run: false, refused: 3 });
    expect([dry.code, real.code]).toEqual([EXIT.failed, EXIT.failed]);
  });

  test("are refused line by line with a reason, and the others are imported", async () => {
    const good = row();
    const owner = someone();
    const owned = await registerUser(services, owner);
    await confirmEmail(services, owned.user.id, await codeOf(services, owned.deliveryId));
    const wrong: [unknown, string][] = [
      ['{"username": "ada"', "invalid_json"],
      ["null", "invalid_field"],
      [row({ email: undefined }), "invalid_field"],
      [row({ created_at: "yesterday" }), "invalid_field"],
      [row({ language: "xx" }), "invalid_field"],
      [row({ email_confirmed: "yes" }), "invalid_field"],
      [row({ email: "nobody" }), "invalid_email"],
      [row({ username: "somebody@else.example" }), "username_unsupported"],
      [row({ username: "Ünal" }), "username_unsupported"],
      [row({ username: "a".repeat(151) }), "username_unsupported"],
      [row({ password: HASH.replace("$2000$", "$9000000$") }), "password_unsupported"],
      [row({ password: "!unusable" }), "password_unsupported"],
      [row({ password: PASSWORD }), "password_unsupported"],
      [row({ created_at: "2999-01-01T00:00:00Z" }), "created_later"],
      [row({ username: owner.username }), "username_taken"],
      [row({ email: owner.email }), "address_taken"],
      [row({ id: owned.user.id }), "id_taken"],
    ];
    const { code, result } = await importLines([...wrong.map(([line]) => line), good]);
    expect(code).toBe(EXIT.failed);
    expect(result).toMatchObject({ imported: 1, present: 0, refused: wrong.length });
    expect(refusedOf(result)).toEqual(
      wrong.map(([, reason], index) => expect.objectContaining({ line: index + 1, code: reason })),
    );
    expect(await findUserByUsername(services.db, good.username)).not.toBeNull();
  });

  test("may have their address for a name, and names longer than ours", async () => {
    const { email } = someone();
    const long = row({ username: `${someone().username}.${"x".repeat(60)}` });
    expect(await importLines([row({ username: email.toUpperCase(), email }), long])).toMatchObject({
      code: EXIT.done,
    });
    for (const login of [email, long.username]) await signIn(services, { login, password: PASSWORD });
  });

  test("own their address at once: claims that strangers have on it end", async () => {
    const one = row();
    const stranger = await registerUser(services, someone({ email: one.email }));
    expect(await importLines([one])).toMatchObject({ code: EXIT.done });
    const claim = await findUser(services.db, stranger.user.id);
    expect(claim?.emailConfirmedAt).toBeNull();
    expect(claim?.claimExpiresAt.getTime()).toBeLessThanOrEqual(services.clock().getTime());
    await expect(
      confirmEmail(services, stranger.user.id, await codeOf(services, stranger.deliveryId)),
    ).rejects.toMatchObject({ code: "invalid_token" });
  });

  test("of lines that want one name the first has it, and a dry run says so before", async () => {
    for (let round = 0; round < 5; round++) {
      const { username } = someone();
      const first = row({ username });
      const others = [row({ username: username.toUpperCase() }), row(), row({ username })];
      const dry = await importLines([first, ...others], "--dry-run");
      const real = await importLines([first, ...others]);
      expect(refusedOf(dry.result)).toEqual([2, 4].map((line) => ({ line, code: "username_taken" })));
      expect(refusedOf(real.result)).toEqual(refusedOf(dry.result));
      expect(await findUserByUsername(services.db, username)).toMatchObject({ email: first.email });
    }
  });

  test("a file that is empty or not there is said to be so", async () => {
    expect((await importLines([""])).code).toBe(EXIT.nothing);
    for (const file of ["/no/such/file", import.meta.dirname]) {
      const err: string[] = [];
      const code = await runOps(["import-users", "--file", file], COMMANDS, () => ({ services }), {
        out: () => {},
        err: (line) => void err.push(line),
        ask: async () => null,
      });
      expect([file, code]).toEqual([file, EXIT.usage]);
      expect(err.join()).toContain(`"${file}" cannot be read`);
    }
  });
});

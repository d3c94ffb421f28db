import { describe, expect, test } from "vitest";
import { listAuditRows } from "@/db/audit-log";
import { auditType } from "@/db/schema";
import { changeAddress } from "@/domain/address-change";
import { AUDIT_SENTENCES, recordAudit } from "@/domain/audit-log";
import { browseAudit } from "@/domain/audit-trail";
import { confirmEmail, requestAnotherCode } from "@/domain/email-confirmation";
import { hashSubject } from "@/domain/rate-limit";
import { registerUser } from "@/domain/registration";
import { endOtherSessions } from "@/domain/sessions";
import { signIn } from "@/domain/sign-in";
import { endSession, refreshSession } from "@/domain/tokens";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

const NETWORK = "203.0.113.7";
const rowsOf = async (userId: string) =>
  (await listAuditRows(services.db, { userId }, { limit: 100 })).reverse();

describe("ASVS 16.3.1: the audit log", () => {
  test("tells who did what, in order, from registering to signing out", async () => {
    const person = someone();
    const { user, session: claims } = await registerUser(services, { ...person, network: NETWORK });
    const { sessionId } = claims.identity;
    services.pass(61);
    await requestAnotherCode(services, user.id);
    const { deliveryId } = await changeAddress(services, user.id, `new-${person.email}`);
    const right = await codeOf(services, deliveryId);
    const wrong = right === "000000" ? "000001" : "000000";
    await expect(confirmEmail(services, user.id, wrong, { network: NETWORK })).rejects.toBeDefined();
    const { session } = await confirmEmail(services, user.id, right, { network: NETWORK, sessionId });
    await expect(
      signIn(services, { login: person.username, password: "wrong", network: NETWORK }),
    ).rejects.toMatchObject({ code: "bad_credentials" });
    const again = await signIn(services, { ...person, login: person.username, network: NETWORK });
    await endOtherSessions(services, again.session.identity);
    await endSession(services, again.session.identity.sessionId);

    const rows = await rowsOf(user.id);
    expect(rows.map(({ type, details }) => [type, details])).toEqual([
      ["registered", {}],
      ["code_resent", {}],
      ["address_changed", {}],
      ["confirmation_refused", {}],
      ["confirmed", {}],
      ["sign_in_refused", { reason: "wrong_password" }],
      ["signed_in", { scope: "full" }],
      ["session_revoked", { reason: "everywhere_else", sessions: 1 }],
      ["session_revoked", { reason: "signed_out", sessions: 1 }],
    ]);
    expect(rows.every(({ actor }) => actor === "person")).toBe(true);

    // ASVS 16.2.1, 16.2.5: when, who and what, and no secret and no address in any of them.
    const written = JSON.stringify(rows);
    for (const secret of [
      person.password,
      person.email,
      person.username,
      NETWORK,
      right,
      session.tokens.refresh_token,
    ])
      expect(written).not.toContain(secret);
    // One network, one hash: rows that belong together can be found.
    expect(new Set(rows.flatMap(({ network }) => network ?? [])).size).toBe(1);
  });

  test("has a row for a name that nobody has, without the name: it may be somebody's password", async () => {
    // Later than what the other tests wrote.
    services.pass(30 * 86_400);
    await expect(signIn(services, { login: "hunter2-oops", password: "x" })).rejects.toBeDefined();
    const [row] = await listAuditRows(services.db, { type: "sign_in_refused" }, { limit: 1 });
    expect(row).toMatchObject({ userId: null, details: { reason: "unknown_name" } });
    expect(JSON.stringify(row)).not.toContain("hunter2");
  });

  test("says when a refresh token came back after use, once, and from which network", async () => {
    const { user, session } = await registerUser(services, someone());
    await refreshSession(services, session.tokens.refresh_token, "203.0.113.7");
    for (const network of ["198.51.100.7", "203.0.113.7"])
      await expect(refreshSession(services, session.tokens.refresh_token, network)).rejects.toBeDefined();
    const revoked = (await rowsOf(user.id)).filter(({ type }) => type === "session_revoked");
    expect(revoked.map(({ details }) => details)).toEqual([{ reason: "token_reused", sessions: 1 }]);
    expect(revoked[0]?.network).toBe(hashSubject(services, "198.51.100.7"));
  });

  test("has no row for what did not happen: it goes with its transaction", async () => {
    const person = someone();
    await registerUser(services, person);
    const before = await listAuditRows(services.db, {}, { limit: 1000 });
    await expect(registerUser(services, { ...someone(), username: person.username })).rejects.toMatchObject({
      code: "username_taken",
    });
    await services.db
      .transaction(async (tx) => {
        await recordAudit(services, tx, { type: "password_changed", userId: null, details: {} });
        throw new Error("rolled back");
      })
      .catch(() => {});
    expect(await listAuditRows(services.db, {}, { limit: 1000 })).toEqual(before);
  });

  test("is read in pages, each row once", async () => {
    const { user } = await registerUser(services, someone());
    for (let time = 0; time < 7; time++)
      await recordAudit(services, services.db, {
        type: "signed_in",
        userId: user.id,
        details: { scope: "full" },
      });
    const ids: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await browseAudit(services, { userId: user.id }, { cursor, size: 3 });
      ids.push(...page.rows.map(({ id }) => id));
      cursor = page.older ?? undefined;
    } while (cursor);
    expect(ids).toHaveLength(8);
    expect(new Set(ids).size).toBe(8);
  });

  test("is filtered by kind, by who did it, by whom it is about and by time, and by all of them at once", async () => {
    const { user } = await registerUser(services, someone());
    const about = { userId: user.id };
    await recordAudit(services, services.db, {
      type: "mail_requested",
      actor: "operator",
      ...about,
      details: { deliveryId: "6f1d7a3e-0000-4000-8000-000000000000" },
    });
    services.pass(60);
    await recordAudit(services, services.db, { type: "password_changed", ...about, details: {} });
    const find = async (filter: Parameters<typeof browseAudit>[1]) =>
      (await browseAudit(services, { ...about, ...filter })).rows.map(({ type }) => type);
    expect(await find({})).toEqual(["password_changed", "mail_requested", "registered"]);
    expect(await find({ type: "registered" })).toEqual(["registered"]);
    expect(await find({ actor: "operator" })).toEqual(["mail_requested"]);
    expect(await find({ actor: "person" })).toEqual(["password_changed", "registered"]);
    expect(await find({ since: services.clock() })).toEqual(["password_changed"]);
    expect(await find({ since: services.clock(), actor: "operator", type: "mail_requested" })).toEqual([]);
  });

  test("takes a cursor that is none of its own for the first page", async () => {
    const { rows } = await browseAudit(services, {}, { size: 2 });
    for (const cursor of ["", "x", "1.x", "zzzzzzzzzz.1", "1.' or 1=1"])
      expect((await browseAudit(services, {}, { cursor, size: 2 })).rows).toEqual(rows);
  });

  test("has a sentence for each kind of row", () => {
    expect(Object.keys(AUDIT_SENTENCES).sort()).toEqual([...auditType.enumValues].sort());
  });
});

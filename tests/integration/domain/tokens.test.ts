import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { registerUser } from "@/domain/registration";
import {
  ACCESS_TOKEN_SECONDS,
  authenticateAccessToken,
  endSession,
  refreshSession,
  revokeByRefreshToken,
} from "@/domain/tokens";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

const invalid = { code: "invalid_token" };

describe("ASVS 9.1.1, 9.1.2, 9.1.3, 9.2.1, 9.2.2, 9.2.3: access tokens", () => {
  test("stand for their session for 15 minutes", async () => {
    const { session, user } = await registerUser(services, someone());
    services.pass(ACCESS_TOKEN_SECONDS - 1);
    expect(await authenticateAccessToken(services, session.tokens.access_token)).toMatchObject({
      userId: user.id,
      scope: "claim",
    });
    services.pass(2);
    await expect(authenticateAccessToken(services, session.tokens.access_token)).rejects.toMatchObject(
      invalid,
    );
  });

  test("end with their session", async () => {
    const { session } = await registerUser(services, someone());
    await endSession(services, session.identity.sessionId);
    await expect(authenticateAccessToken(services, session.tokens.access_token)).rejects.toMatchObject(
      invalid,
    );
    await expect(refreshSession(services, session.tokens.refresh_token)).rejects.toMatchObject(invalid);
  });

  test("of another issuer, audience, type, algorithm or key are refused", async () => {
    const { session, user } = await registerUser(services, someone());
    const forge = (change: { iss?: string; aud?: string; typ?: string; key?: Buffer }) =>
      new SignJWT({ sid: session.identity.sessionId, scope: "full" })
        .setProtectedHeader({ alg: "HS256", typ: change.typ ?? "at+jwt" })
        .setIssuer(change.iss ?? services.settings.appUrl)
        .setAudience(change.aud ?? "latchkey")
        .setSubject(user.id)
        .setExpirationTime("10m")
        .sign(change.key ?? services.keys.accessToken);
    await expect(authenticateAccessToken(services, await forge({}))).resolves.toMatchObject({
      scope: "claim",
    });
    for (const change of [
      { iss: "https://evil.example" },
      { aud: "other" },
      { typ: "JWT" },
      { key: Buffer.alloc(32) },
    ])
      await expect(authenticateAccessToken(services, await forge(change))).rejects.toMatchObject(invalid);
    const [, payload] = session.tokens.access_token.split(".");
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${payload}.`;
    for (const token of [unsigned, "", "a.b.c", "nonsense"])
      await expect(authenticateAccessToken(services, token)).rejects.toMatchObject(invalid);
  });
});

describe("ASVS 7.2.2, 7.2.3: refresh tokens", () => {
  test("rotate: each works once", async () => {
    const { session } = await registerUser(services, someone());
    const second = await refreshSession(services, session.tokens.refresh_token);
    expect(second.refresh_token).not.toBe(session.tokens.refresh_token);
    await expect(refreshSession(services, second.refresh_token)).resolves.toBeDefined();
  });

  test("that come back after use end the whole session: somebody has a copy", async () => {
    const { session } = await registerUser(services, someone());
    const second = await refreshSession(services, session.tokens.refresh_token);
    await expect(refreshSession(services, session.tokens.refresh_token)).rejects.toMatchObject(invalid);
    await expect(refreshSession(services, second.refresh_token)).rejects.toMatchObject(invalid);
    await expect(authenticateAccessToken(services, second.access_token)).rejects.toMatchObject(invalid);
  });

  test("used twice at the same time give one new pair at most", async () => {
    const { session } = await registerUser(services, someone());
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => refreshSession(services, session.tokens.refresh_token)),
    );
    expect(results.filter((result) => result.status === "fulfilled").length).toBeLessThanOrEqual(1);
  });

  test("can be revoked; one that nobody knows is no error", async () => {
    const { session } = await registerUser(services, someone());
    await revokeByRefreshToken(services, session.tokens.refresh_token);
    await expect(refreshSession(services, session.tokens.refresh_token)).rejects.toMatchObject(invalid);
    await expect(revokeByRefreshToken(services, "unknown")).resolves.toBeUndefined();
  });
});

import { hash } from "@node-rs/argon2";
import { describe, expect, test } from "vitest";
import { findUser, replacePasswordHash } from "@/db/users";
import { registerUser } from "@/domain/registration";
import { signIn } from "@/domain/sign-in";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

async function hashOf(userId: string): Promise<string> {
  return (await findUser(services.db, userId))?.passwordHash ?? "";
}

describe("ASVS 11.2.2, 11.4.2: a hash made with less work than today's", () => {
  test("is made anew at the next right sign-in, once, and not at a wrong one", async () => {
    const person = someone();
    const { user } = await registerUser(services, person);
    const weak = await hash(person.password, {
      algorithm: 2,
      memoryCost: 4_096,
      timeCost: 1,
      parallelism: 1,
    });
    await replacePasswordHash(services.db, user.id, { from: await hashOf(user.id), to: weak });

    await expect(
      signIn(services, { login: person.username, password: "wrong password" }),
    ).rejects.toMatchObject({
      code: "bad_credentials",
    });
    expect(await hashOf(user.id)).toBe(weak);

    await signIn(services, { login: person.username, password: person.password });
    const upgraded = await hashOf(user.id);
    expect(upgraded).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);

    await signIn(services, { login: person.username, password: person.password });
    expect(await hashOf(user.id)).toBe(upgraded);
  });

  test("does not come back over a password that was changed at that moment", async () => {
    const { user } = await registerUser(services, someone());
    const before = await hashOf(user.id);
    await replacePasswordHash(services.db, user.id, { from: before, to: "changed" });
    expect(await replacePasswordHash(services.db, user.id, { from: before, to: "upgraded" })).toBe(false);
    expect(await hashOf(user.id)).toBe("changed");
  });
});

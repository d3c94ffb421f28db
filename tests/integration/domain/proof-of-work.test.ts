// A registration's proof of work: who is asked for one, and what counts as one.
import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import { beforeEach, describe, expect, test } from "vitest";
import { DomainError } from "@/domain/errors";
import type { ProofChallenge } from "@/domain/proof-of-work";
import { registerUser } from "@/domain/registration";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
beforeEach(() => {
  services.settings.proofOfWork = "always";
});

/** The challenge that a registration is refused with. */
async function challengeFor(proof?: string, person = someone()): Promise<ProofChallenge> {
  const error = await registerUser(services, { ...person, proof }).catch((caught) => caught);
  expect(error).toBeInstanceOf(DomainError);
  expect(error).toMatchObject({ code: "proof_required" });
  return (error as DomainError).details.proof as ProofChallenge;
}

const encode = (payload: object) => Buffer.from(JSON.stringify(payload)).toString("base64");

async function solve(challenge: ProofChallenge) {
  const solution = await solveChallenge({ challenge, deriveKey });
  if (!solution) throw new Error("It took too long");
  return { challenge, solution };
}

test("a proof lets one registration through, and no second one", async () => {
  const proof = encode(await solve(await challengeFor()));
  const person = someone();
  const { user } = await registerUser(services, { ...person, proof });
  expect(user.email).toBe(person.email);
  await challengeFor(proof);
});

test("of two that bring the same proof at the same moment, one gets through", async () => {
  const proof = encode(await solve(await challengeFor()));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 4 }, () => registerUser(services, { ...someone(), proof })),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("a proof is good for ten minutes", async () => {
  const proof = encode(await solve(await challengeFor()));
  services.pass(601);
  await challengeFor(proof);
});

test("an easier sum than ours, another's, or half of one is none", async () => {
  const payload = await solve(await challengeFor());
  const { parameters } = payload.challenge;
  const forged = [
    "",
    "no base64 !",
    encode({}),
    encode({ challenge: payload.challenge }),
    encode({ challenge: { ...payload.challenge, signature: "" }, solution: payload.solution }),
    encode({ ...payload, solution: { ...payload.solution, derivedKey: "00".repeat(32) } }),
    encode({
      ...payload,
      challenge: { ...payload.challenge, parameters: { ...parameters, keyPrefix: "00" } },
    }),
    encode({ ...payload, challenge: { parameters: null } }),
    encode({
      ...payload,
      challenge: { ...payload.challenge, parameters: { ...parameters, expiresAt: 9e9 } },
    }),
  ];
  for (const proof of forged) await challengeFor(proof);
  // And the true one is still good.
  await registerUser(services, { ...someone(), proof: encode(payload) });
});

test("who registered with a known address is asked like everybody", async () => {
  services.settings.proofOfWork = "off";
  const person = someone();
  await registerUser(services, person);
  services.settings.proofOfWork = "always";
  const known = await challengeFor(undefined, { ...someone(), email: person.email });
  const unknown = await challengeFor();
  expect(Object.keys(known.parameters)).toEqual(Object.keys(unknown.parameters));
});

describe("auto", () => {
  beforeEach(() => {
    services.settings.proofOfWork = "auto";
    services.settings.proofAbovePerHour = 3;
  });

  test("asks while more came within an hour than is usual, and stops by itself", async () => {
    // The hours before belong to the tests above.
    services.pass(7200);
    for (let i = 0; i < 3; i++) await registerUser(services, someone());
    const proof = encode(await solve(await challengeFor()));
    await registerUser(services, { ...someone(), proof });
    services.pass(3601);
    await registerUser(services, someone());
  });
});

test("off asks nobody", async () => {
  services.settings.proofOfWork = "off";
  services.settings.proofAbovePerHour = 1;
  for (let i = 0; i < 3; i++) await registerUser(services, someone());
});

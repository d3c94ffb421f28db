// A sum that whoever registers has to do first, while unusually many register (docs/decisions/020): a second for one
// person, hours for a script that wants ten thousand mails sent. The protocol is ALTCHA's, so its clients and widgets
// can do it too. It asks for nothing that could tell people apart.
import { randomInt } from "node:crypto";
import { type Challenge, createChallenge, verifySolution } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import type { Payload } from "altcha-lib/types";
import { takeHit } from "@/db/rate-limits";
import { addSeconds } from "./clock";
import { DomainError } from "./errors";
import { hashSubject } from "./rate-limit";
import type { Services } from "./services";

export type ProofChallenge = Challenge;

/** As in an environment: `auto` asks while more than `proofAbovePerHour` registrations came within an hour. */
export type ProofMode = "off" | "auto" | "always";

const HOUR = 3600;
const ALGORITHM = "PBKDF2/SHA-256";
/** Rounds of one try, and how many tries find it: 0.6 to 1.2 s of one core of a laptop, a few seconds of a phone's. */
const COST = 5_000;
const TRIES = { min: 500, max: 1_000 };
/** Long enough for a slow phone and a form that is mended meanwhile. */
const LIFETIME_SECONDS = 10 * 60;
/** One of ours is 700 characters. */
export const PROOF_MAX = 4_000;

/**
 * Lets a registration through that needs no proof, or that brings one: the solution of a challenge of ours, base64 of
 * ALTCHA's payload `{ challenge, solution }`, each good for one registration. Throws `proof_required` with a new
 * challenge. Known and unknown addresses are asked alike: it is called before either is looked at.
 */
export async function demandProof(services: Services, proof: string | null): Promise<void> {
  if (!(await isProofNeeded(services))) return;
  if (proof !== null && (await spendProof(services, proof))) return;
  throw new DomainError("proof_required", { proof: await makeChallenge(services) });
}

/**
 * Those that bring a proof are not counted, so `proofAbovePerHour` get through without one, whatever comes. Nor are those
 * that their network's limit refuses (admitRegistration), or one network could have everybody asked.
 */
async function isProofNeeded({ settings, db, clock }: Services): Promise<boolean> {
  if (settings.proofOfWork !== "auto") return settings.proofOfWork === "always";
  const window = { limit: settings.proofAbovePerHour, seconds: HOUR };
  return (await takeHit(db, "registrations-without-proof", [window], clock())) !== null;
}

function makeChallenge({ keys, clock }: Services): Promise<ProofChallenge> {
  return createChallenge({
    algorithm: ALGORITHM,
    cost: COST,
    // Known to us, so that judging a solution costs one hash and not a derivation.
    counter: randomInt(TRIES.min, TRIES.max),
    deriveKey,
    expiresAt: addSeconds(clock(), LIFETIME_SECONDS),
    hmacSignatureSecret: keys.proofChallenge,
    hmacKeySignatureSecret: keys.proofSolution,
  });
}

async function spendProof(services: Services, proof: string): Promise<boolean> {
  const payload = readPayload(proof);
  if (payload === null) return false;
  const { keys, clock, db } = services;
  const now = clock();
  try {
    const { verified } = await verifySolution({
      ...payload,
      deriveKey,
      hmacSignatureSecret: keys.proofChallenge,
      hmacKeySignatureSecret: keys.proofSolution,
    });
    if (!verified) return false;
  } catch {
    // Of a shape that the library does not expect.
    return false;
  }
  const { expiresAt = 0, nonce } = payload.challenge.parameters;
  if (expiresAt * 1000 <= now.getTime()) return false;
  const once = [{ limit: 1, seconds: LIFETIME_SECONDS }];
  return (await takeHit(db, `proofs:${hashSubject(services, nonce)}`, once, now)) === null;
}

function readPayload(proof: string): Payload | null {
  try {
    const payload: unknown = JSON.parse(Buffer.from(proof, "base64").toString("utf8"));
    return isPayload(payload) ? payload : null;
  } catch {
    return null;
  }
}

/** Only that parts are there; the signature says whether they are ours. */
function isPayload(value: unknown): value is Payload {
  return isObject(value) && isObject(value.challenge) && isObject(value.challenge.parameters);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

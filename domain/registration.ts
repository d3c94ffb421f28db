// Registering: one transaction writes the account, its code, the delivery and the outgoing event (promise P2).
import { randomUUID } from "node:crypto";
import { type ClaimTransaction, lockAddresses, lockClaim, onClaims } from "@/db/claim-transactions";
import type { Executor } from "@/db/client";
import { insertCode } from "@/db/codes";
import { insertDelivery } from "@/db/deliveries";
import type { NoticeKind } from "@/db/delivery-kinds";
import { insertOutboxRow, type OutboxEvent } from "@/db/outbox";
import { inOneRoundTrip } from "@/db/round-trip";
import type { DeliveryKind, NewUserRow, UserRow } from "@/db/schema";
import { findConfirmedUserByEmail, freeUsernameOfEndedClaim, insertUser, isUsernameTaken } from "@/db/users";
import { DEFAULT_LANGUAGE, type Language } from "@/messages/languages";
import { judgeAddress } from "./address-check";
import { recordAudit } from "./audit-log";
import { endClaimsNow, holdsUsername, makeRoomForClaim } from "./claims";
import type { Client } from "./client-network";
import { addSeconds } from "./clock";
import { deriveCode, hashCode } from "./confirmation-code";
import { deriveLink, hashLink } from "./confirmation-link";
import { DomainError } from "./errors";
import { DELIVERY_REQUESTED, USER_REGISTERED } from "./events";
import { countFurtherMail, furtherMailsKey } from "./mailed-addresses";
import { hashPassword } from "./password";
import { judgeNewPassword } from "./password-rules";
import { demandProof } from "./proof-of-work";
import { admitClaim, admitRegistration, hashClaimNetwork, unlessBusy } from "./rate-limit";
import type { Services } from "./services";
import { type StartedSession, startSession } from "./tokens";
import { carryTrace } from "./tracing";
import { describeUser, type UserData } from "./user-data";

/** An unconfirmed registration ends after this; NIST SP 800-63A allows a confirmation code by email to live as long. */
export const CLAIM_LIFETIME_SECONDS = 24 * 3600;
/** The relay leaves a fresh event to the request that wrote it, and dispatches it, for this long. */
const OUTBOX_LEASE_SECONDS = 2;

/** `event`: what the outbox row says, for whoever publishes it at once. */
export type QueuedDelivery = { deliveryId: string; outboxId: string; event: OutboxEvent };
export type Registration = QueuedDelivery & { user: UserData; session: StartedSession };

export type RegistrationInput = {
  username: string;
  email: string;
  password: string;
  language?: Language;
  proof?: string | null | undefined;
  /** Of our own making (canary.ts): it counts nowhere, and nobody is told. */
  isCanary?: boolean;
} & Client;

/**
 * Registers a claim on an address. `email` is normalised (normalizeEmail); username and password follow
 * account-rules.ts. An address that has an owner gets the same work and the same answer; its owner gets the mail
 * "you already have an account", and the claim can never be confirmed (promise P6). `language`: what the person reads;
 * English when nobody says. `proof`: what proof-of-work.ts may ask for.
 * Throws `username_taken`, `busy`, `proof_required`, `invalid_input` for an address that cannot get mail and for a password that is easy
 * to guess (password-rules.ts), and what limits.ts lists.
 */
export function registerUser(services: Services, input: RegistrationInput): Promise<Registration> {
  const register = async () => writeRegistration(services, input, await prepareClaim(services, input));
  return input.isCanary ? register() : countOutcome(services, "registered", register);
}

/** Tells the meter how it ended. */
export async function countOutcome<Done>(
  services: Services,
  outcome: string | ((done: Done) => string),
  work: () => Promise<Done>,
): Promise<Done> {
  try {
    const done = await work();
    services.meter.registration(typeof outcome === "string" ? outcome : outcome(done));
    return done;
  } catch (error) {
    services.meter.registration(error instanceof DomainError ? error.code : "error");
    throw error;
  }
}

type NewClaim = NewUserRow & Pick<UserRow, "language" | "claimNetwork" | "createdAt" | "emailConfirmedAt">;

/** Counts the registration, judges what was typed, and hashes: all that comes before the transaction. */
export async function prepareClaim(services: Services, input: RegistrationInput): Promise<NewClaim> {
  const network = input.network ?? null;
  const isCanary = input.isCanary ?? false;
  const prepare = () =>
    Promise.all([
      services.tracing.span("hash password", {}, () => hashPassword(input.password)),
      judgeAddress(services, input.email),
      judgeNewPassword(services, input.password, input),
    ]);
  const [passwordHash] = isCanary
    ? await prepare()
    : await unlessBusy(
        await admitRegistration(services, network, () => demandProof(services, input.proof ?? null)),
        prepare,
      );
  const now = services.clock();
  return {
    id: randomUUID(),
    username: input.username,
    email: input.email,
    passwordHash,
    emailConfirmedAt: null,
    claimNetwork: network && hashClaimNetwork(services, network),
    furtherMailsKey: furtherMailsKey(services, input.email),
    language: input.language ?? DEFAULT_LANGUAGE,
    claimExpiresAt: addSeconds(now, CLAIM_LIFETIME_SECONDS),
    createdAt: now,
  };
}

/**
 * One transaction writes all of it. `replacedId`: the claim that its holder gives up for this one, under the same name.
 * Throws `username_taken`, and what limits.ts says of an address.
 */
export async function writeRegistration(
  services: Services,
  input: RegistrationInput,
  user: NewClaim,
  replacedId?: string,
): Promise<Registration> {
  const network = input.network ?? null;
  const isCanary = input.isCanary ?? false;
  const { claimNetwork: networkHash, createdAt: now } = user;
  try {
    const write = () =>
      onClaims(services, async (tx) => {
        const replaces = replacedId ? await endReplaced(tx, replacedId, user, now) : null;
        const [, owner] = await inOneRoundTrip([
          () => lockAddresses(tx, [input.email]),
          () => findConfirmedUserByEmail(tx, input.email),
          () => freeUsernameOfEndedClaim(tx, input.username, now),
          () => makeRoomForClaim(tx, input.email, networkHash, now),
        ]);
        const [, queued, session] = await inOneRoundTrip([
          () => insertUser(tx, { ...user, replaces }),
          () =>
            queueDelivery(services, tx, user, {
              owner,
              // What listens to registrations is about people.
              eventName: isCanary ? DELIVERY_REQUESTED : USER_REGISTERED,
              isFirst: true,
              isCanary,
              now,
            }),
          () =>
            startSession(services, tx, {
              userId: user.id,
              scope: "claim",
              endsAt: user.claimExpiresAt,
              device: input.device,
            }),
          ...(isCanary
            ? []
            : [
                () =>
                  recordAudit(services, tx, { type: "registered", userId: user.id, network, details: {} }),
                () => admitClaim(services, tx, { email: input.email, networkHash }, now),
              ]),
        ]);
        return { ...queued, user: describeUser(user), session };
      });
    return await services.tracing.span("write registration", {}, write);
  } catch (error) {
    if (!isUsernameTaken(error)) throw error;
    throw new DomainError(
      "username_taken",
      { fields: [{ field: "username", code: "username_taken", text: "username_taken" }] },
      { cause: error },
    );
  }
}

/**
 * Answers the claim's id, or null when it does not hold the name any more and is left alone. Both addresses are locked
 * here, at once; what the caller locks of them after it is held already (db/locks.ts).
 */
async function endReplaced(
  tx: ClaimTransaction,
  id: string,
  by: NewClaim,
  now: Date,
): Promise<string | null> {
  const claim = await lockClaim(tx, id, by.email);
  if (!claim || !holdsUsername(claim, by.username, now)) return null;
  await endClaimsNow(tx, [id], now, { isReplaced: true });
  return id;
}

/** Whom a mail is about and to whom it goes. `language`: what its reader reads. */
type Reader = Pick<UserRow, "id" | "email" | "language">;

/** Mails that carry a code. */
export type CodeMailKind = Extract<DeliveryKind, "confirmation" | "address_changed">;

/**
 * Writes a new code, the delivery that will carry it, and the event that starts it, in the caller's transaction. When
 * the address has an `owner`, the mail is for them and in their language, whoever asked for it (docs/decisions/018).
 * It counts as a further mail to the address unless it `isFirst`, the claim's own. Call under the address's lock.
 */
export async function queueDelivery(
  services: Services,
  tx: Executor,
  user: Reader,
  {
    owner,
    eventName,
    now,
    kind = "confirmation",
    isFirst = false,
    isCanary = false,
  }: {
    owner: UserRow | null;
    eventName: string;
    now: Date;
    kind?: CodeMailKind;
    isFirst?: boolean;
    isCanary?: boolean;
  },
): Promise<QueuedDelivery> {
  const codeId = randomUUID();
  const code = {
    id: codeId,
    userId: user.id,
    codeHash: hashCode(services.keys, codeId, deriveCode(services.keys, codeId)),
    linkHash: hashLink(services.keys, deriveLink(services.keys, codeId)),
    createdAt: now,
  };
  const { language } = owner ?? user;
  const mail = {
    kind: owner ? ("existing_account" as const) : kind,
    codeId,
    eventName,
    isCanary,
    now,
  };
  const [, queued] = await inOneRoundTrip([
    () => insertCode(tx, code),
    () => queueMail(services, tx, { ...user, language }, mail),
    ...(isFirst ? [] : [() => countFurtherMail(services, tx, user.email, now)]),
  ]);
  return queued;
}

/**
 * Writes a delivery that carries no code, and the event that starts it, in the caller's transaction. `forRelay`: the
 * caller dispatches nothing, so the relay publishes the event as soon as it is there.
 */
export function queueNotice(
  services: Services,
  tx: Executor,
  user: Reader,
  { kind, now = services.clock(), forRelay = false }: { kind: NoticeKind; now?: Date; forRelay?: boolean },
): Promise<QueuedDelivery> {
  const mail = { kind, codeId: null, eventName: DELIVERY_REQUESTED, now };
  return queueMail(services, tx, user, mail, forRelay ? 0 : OUTBOX_LEASE_SECONDS);
}

async function queueMail(
  services: Services,
  tx: Executor,
  user: Reader,
  {
    kind,
    codeId,
    eventName,
    isCanary = false,
    now,
  }: { kind: DeliveryKind; codeId: string | null; eventName: string; isCanary?: boolean; now: Date },
  leaseSeconds = OUTBOX_LEASE_SECONDS,
): Promise<QueuedDelivery> {
  const deliveryId = randomUUID();
  const outboxId = randomUUID();
  const delivery = {
    id: deliveryId,
    userId: user.id,
    kind,
    codeId,
    recipient: user.email,
    sender: services.settings.emailFrom,
    language: user.language,
    maxAttempts: services.settings.retry.maxAttempts,
    isCanary,
    nextAttemptAt: addSeconds(now, services.settings.queueDelaySeconds),
    createdAt: now,
  };
  // Ids only: the engine keeps event data (promise P5).
  const data = { userId: user.id, deliveryId, ...carryTrace(services.tracing) };
  const event = { id: outboxId, name: eventName, data, createdAt: now };
  await inOneRoundTrip([() => insertDelivery(tx, delivery), () => insertOutboxRow(tx, event, leaseSeconds)]);
  return { deliveryId, outboxId, event };
}

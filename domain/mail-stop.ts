// "This wasn't me": the claim ends, and its address gets no mail of ours for a month. Whoever registers with that
// address afterwards must not notice (promise P6): limits, states and times are those of any other address, and only
// the mail itself goes nowhere (docs/decisions/014).
import { createHmac } from "node:crypto";
import { lockAddresses, lockClaim, onClaims } from "@/db/claim-transactions";
import { type Executor, inTransaction } from "@/db/client";
import { deleteMailStop, findMailStop, putMailStop } from "@/db/mail-stops";
import type { UserRow } from "@/db/schema";
import { findFirstSession } from "@/db/sessions";
import { findUser } from "@/db/users";
import { recordAudit } from "./audit-log";
import { endClaimsNow } from "./claims";
import type { Client } from "./client-network";
import { addSeconds } from "./clock";
import type { NotMeData } from "./confirmation-state";
import { DomainError } from "./errors";
import { type NotMe, readNotMe } from "./not-me-link";
import { admitMailAgain, countDeadLinks } from "./rate-limit";
import type { Services } from "./services";

export const MAIL_STOP_SECONDS = 30 * 24 * 3600;

/** Keyed: the table tells nobody an address, and cannot be searched for one without our key. */
function hashAddress({ keys }: Services, email: string): string {
  return createHmac("sha256", keys.mailStop).update(email).digest("base64url");
}

/** Whether mail to an address is stopped now. */
export async function isMailStopped(services: Services, executor: Executor, email: string): Promise<boolean> {
  return (await findMailStop(executor, hashAddress(services, email), services.clock())) !== null;
}

/** Mail to an address is welcome again: nothing about it is kept. */
export async function forgetMailStop(services: Services, executor: Executor, email: string): Promise<void> {
  await deleteMailStop(executor, hashAddress(services, email));
}

const linkOver = () => new DomainError("link_over", { text: "not_me_link_over" });

/** Tells what a link would end and stop, and changes nothing. Throws `link_over`, `link_limit`. */
export async function readNotMeLink(services: Services, link: string, client: Client): Promise<NotMeData> {
  return countDeadLinks(services, client, async () => {
    const about = openLink(services, link);
    return describe(services, services.db, about, await findUser(services.db, about.userId));
  });
}

/**
 * Ends the claim whose mail carried the link, if it is open and still on that address, and stops mail to the address for
 * MAIL_STOP_SECONDS from now. An account that was confirmed stays. Again is no error, and is not written down again.
 * Throws as readNotMeLink does.
 */
export async function disownClaim(services: Services, link: string, client: Client): Promise<NotMeData> {
  return countDeadLinks(services, client, async () => {
    const about = openLink(services, link);
    const state = await onClaims(services, async (tx) => {
      const user = await lockClaim(tx, about.userId, about.email);
      if (!user) await lockAddresses(tx, [about.email]);
      const now = services.clock();
      const emailHash = hashAddress(services, about.email);
      const isStopped = (await findMailStop(tx, emailHash, now)) !== null;
      await putMailStop(tx, { emailHash, createdAt: now, endsAt: addSeconds(now, MAIL_STOP_SECONDS) });
      const isOpen = isOpenOn(user, about.email, now);
      if (user && isOpen) await endClaimsNow(tx, [user.id], now);
      // A link works as often as it is asked: rows without end otherwise.
      if (isOpen || !isStopped)
        await recordAudit(services, tx, {
          type: "disowned",
          userId: user?.id ?? null,
          network: client.network,
          details: { claim: isOpen ? "ended" : "kept" },
        });
      return describe(services, tx, about, user);
    });
    services.log.info({ userId: about.userId }, "An address said that a registration was not theirs");
    return state;
  });
}

/**
 * Takes a stop back. Without one, nothing happens. Throws as readNotMeLink does, and `link_limit` where stops were taken
 * back again and again: each time the next one is written down.
 */
export async function allowMailAgain(services: Services, link: string, client: Client): Promise<NotMeData> {
  return countDeadLinks(services, client, async () => {
    const about = openLink(services, link);
    await inTransaction(services.db, async (tx) => {
      if (!(await deleteMailStop(tx, hashAddress(services, about.email)))) return;
      await admitMailAgain(services, tx, about.email);
      await recordAudit(services, tx, {
        type: "mail_allowed",
        userId: (await findUser(tx, about.userId))?.id ?? null,
        network: client.network,
        details: {},
      });
    });
    services.log.info({ userId: about.userId }, "An address takes mail again");
    return describe(services, services.db, about, await findUser(services.db, about.userId));
  });
}

function openLink(services: Services, link: string): NotMe {
  const about = readNotMe(services.keys, link, services.clock());
  if (!about) throw linkOver();
  return about;
}

function isOpenOn(user: UserRow | null, email: string, now: Date): boolean {
  return user?.email === email && user.emailConfirmedAt === null && user.claimExpiresAt > now;
}

async function describe(
  services: Services,
  executor: Executor,
  { email }: NotMe,
  user: UserRow | null,
): Promise<NotMeData> {
  const now = services.clock();
  const stop = await findMailStop(executor, hashAddress(services, email), now);
  const current = user && (await findUser(executor, user.id));
  const isOpen = isOpenOn(current, email, now);
  const first = current && isOpen ? await findFirstSession(executor, current.id) : null;
  return {
    email,
    stopped_until: stop?.endsAt.toISOString() ?? null,
    registration:
      current && isOpen
        ? {
            username: current.username,
            registered_at: current.createdAt.toISOString(),
            device: first?.device ?? null,
          }
        : null,
  };
}

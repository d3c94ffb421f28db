// Confirming by the link of the mail, on whatever device it was opened. Whoever clicks proves the mailbox and nothing
// else, so a click signs in nobody who did not hold the claim already (docs/decisions/013).
import { lockClaim, onClaims } from "@/db/claim-transactions";
import type { Executor } from "@/db/client";
import { findCodeByLink } from "@/db/codes";
import type { ConfirmationCodeRow, UserRow } from "@/db/schema";
import { findFirstSession } from "@/db/sessions";
import { findConfirmedUserByEmail, findUser, isAddressConfirmedElsewhere } from "@/db/users";
import { settleConfirmation } from "./claim-confirmation";
import { exchangeSession, letOthersGoOn } from "./claim-sessions";
import type { Client } from "./client-network";
import { cleanLink, hashLink } from "./confirmation-link";
import type { LinkData } from "./confirmation-state";
import { DomainError } from "./errors";
import { countDeadLinks } from "./rate-limit";
import type { Services } from "./services";
import type { Identity, StartedSession } from "./tokens";
import { describeUser, type UserData } from "./user-data";
import { isLive, listValidCodes } from "./valid-codes";

const linkOver = () => new DomainError("link_over");

/** Who is signed in to it is not to be told to sign in. */
const alreadyConfirmed = (isYours: boolean) =>
  new DomainError("already_confirmed", isYours ? { isYours } : { text: "already_confirmed_sign_in" });

/** Tells what a link would confirm, and changes nothing. Throws as confirmByLink does. */
export async function readLink(
  services: Services,
  given: string,
  { asker, client }: { asker: Identity | null; client: Client },
): Promise<LinkData> {
  return countDeadLinks(services, client, async () => {
    const { user } = await judgeLink(services, services.db, given, { asker, load: findUser });
    const first = await findFirstSession(services.db, user.id);
    return {
      username: user.username,
      email: user.email,
      registered_at: user.createdAt.toISOString(),
      device: first?.device ?? null,
      is_yours: asker?.userId === user.id,
    };
  });
}

/**
 * Confirms the address of the claim whose mail carried the link, and of no other. Whoever asks with a session of that
 * claim gets a new, full one; anybody else gets none, and the claim's sessions may go on by themselves
 * (claim-sessions.ts). Throws `link_over` for what is no link, used, too old or superseded,
 * `already_confirmed`, `link_limit`.
 */
export async function confirmByLink(
  services: Services,
  given: string,
  { asker, client }: { asker: Identity | null; client: Client },
): Promise<{ user: UserData; session: StartedSession | null }> {
  return countDeadLinks(services, client, async () => {
    const confirm = () =>
      onClaims(services, async (tx) => {
        const { user, code } = await judgeLink(services, tx, given, { asker, load: lockClaim });
        const now = services.clock();
        await settleConfirmation(services, tx, { user, codeId: code.id, client, now });
        const session =
          asker?.userId === user.id ? await exchangeSession(services, tx, asker, { client, now }) : null;
        await letOthersGoOn(tx, user.id, now);
        return { user: describeUser({ ...user, emailConfirmedAt: now }), session };
      });
    const confirmed = await confirm().catch((error: unknown) => {
      // Somebody else confirmed this address in the meantime.
      throw isAddressConfirmedElsewhere(error) ? linkOver() : error;
    });
    services.log.info({ userId: confirmed.user.id }, `Email address of user ${confirmed.user.id} confirmed`);
    return confirmed;
  });
}

/** The claim and the code of a link that works. `load` may lock the claim. */
async function judgeLink<On extends Executor>(
  services: Services,
  executor: On,
  given: string,
  { asker, load }: { asker: Identity | null; load: (executor: On, id: string) => Promise<UserRow | null> },
): Promise<{ user: UserRow; code: ConfirmationCodeRow }> {
  const link = cleanLink(given);
  const linkHash = link && hashLink(services.keys, link);
  const found = linkHash ? await findCodeByLink(executor, linkHash) : null;
  if (!found) throw linkOver();
  const user = await load(executor, found.userId);
  const now = services.clock();
  // Who holds a link got the mail: that their own address is confirmed is no news to anybody else.
  if (user?.emailConfirmedAt) throw alreadyConfirmed(asker?.scope === "full" && asker.userId === user.id);
  if (!user || user.claimExpiresAt <= now) throw linkOver();
  const codes = await listValidCodes(executor, user.id);
  const code = codes.find((row) => row.id === found.id && isLive(row, now));
  if (!code || (await findConfirmedUserByEmail(executor, user.email))) throw linkOver();
  return { user, code };
}

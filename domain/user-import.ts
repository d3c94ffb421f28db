// People of the system this replaces become accounts, with the hash of their password (docs/migration.md). Nobody gets
// a mail, and no event goes out: for them nothing has happened.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { lockAddresses, onClaims } from "@/db/claim-transactions";
import type { Executor } from "@/db/client";
import type { UserRow } from "@/db/schema";
import {
  findConfirmedUserByEmail,
  findUser,
  findUserByUsername,
  freeUsernameOfEndedClaim,
  insertUser,
  isAddressConfirmedElsewhere,
  isUsernameTaken,
  replacePasswordHash,
} from "@/db/users";
import { DEFAULT_LANGUAGE, isLanguage } from "@/messages/languages";
import { recordAudit } from "./audit-log";
import { endOtherClaims } from "./claims";
import { readDjangoHash } from "./django-password";
import { normalizeEmail } from "./email-address";
import type { Services } from "./services";

export type ImportRefusal =
  | "invalid_json"
  | "invalid_field"
  | "invalid_email"
  | "username_unsupported"
  | "password_unsupported"
  | "not_confirmed"
  | "created_later"
  | "username_taken"
  | "address_taken"
  | "id_taken";

type Refused = { outcome: "refused"; code: ImportRefusal; field?: string };
type ImportUser = {
  id: string | null;
  username: string;
  email: string;
  passwordHash: string;
  language: NonNullable<Parameters<typeof insertUser>[1]["language"]>;
  createdAt: Date;
};

/**
 * `present`: an account with this name and address is there already; nothing of it is changed. `updated`: it is, nobody
 * has signed in to it here, and its password was changed in the old system since: it has the new one now.
 */
export type ImportOutcome = { outcome: "imported" | "present" | "updated" } | Refused;
export type ImportCounts = Record<ImportOutcome["outcome"], number>;

/** Django's own limit. */
const USERNAME_MAX = 150;
/** Django's names in ASCII. Others could not be found whatever their case is; "@" only in a name that is the address. */
const USERNAME = /^[A-Za-z0-9_.+-]+$/;

/** One line of the file. Other fields are left alone, so that an export may say more. */
const Line = z.object({
  id: z.uuid().nullish(),
  username: z.string(),
  email: z.string(),
  password: z.string(),
  email_confirmed: z.boolean(),
  created_at: z.iso.datetime({ offset: true }),
  language: z.string().refine(isLanguage).nullish(),
});

const refuse = (code: ImportRefusal, field?: string): Refused => ({
  outcome: "refused",
  code,
  ...(field ? { field } : {}),
});

/** One line of the file, judged by itself. `now`: nobody can have registered later. Pure. */
export function readImportLine(line: string, now: Date): { outcome: "read"; user: ImportUser } | Refused {
  let json: unknown;
  try {
    json = JSON.parse(line.trim());
  } catch {
    return refuse("invalid_json");
  }
  const parsed = Line.safeParse(json);
  if (!parsed.success) return refuse("invalid_field", parsed.error.issues[0]?.path.join(".") || "line");
  const { id, username, password, email_confirmed, created_at, language } = parsed.data;
  const email = normalizeEmail(parsed.data.email);
  if (email === null) return refuse("invalid_email");
  const isName = USERNAME.test(username) && username.length <= USERNAME_MAX;
  if (!isName && normalizeEmail(username) !== email) return refuse("username_unsupported");
  if (!readDjangoHash(password)) return refuse("password_unsupported");
  // Their code was made elsewhere and would open nothing here.
  if (!email_confirmed) return refuse("not_confirmed");
  const createdAt = new Date(created_at);
  if (createdAt > now) return refuse("created_later");
  return {
    outcome: "read",
    user: {
      id: id ?? null,
      username: isName ? username : email,
      email,
      passwordHash: password,
      language: isLanguage(language) ? language : DEFAULT_LANGUAGE,
      createdAt,
    },
  };
}

/**
 * Makes lines into accounts, one transaction each; the same line again is `present`. `add` may be called several times
 * at once: of lines that want the same name, address or id the first one that was added has it. With `isDryRun` everything is judged, lines of the same file against each other too, and nothing is written.
 */
export function createImport(
  services: Services,
  { isDryRun }: { isDryRun: boolean },
): { add(line: string): Promise<ImportOutcome>; finish(): Promise<ImportCounts> } {
  const counts: ImportCounts = { imported: 0, present: 0, updated: 0, refused: 0 };
  const planned = createPlan();
  const inTurn = createTurns();
  const judge = async (line: string): Promise<ImportOutcome> => {
    const read = readImportLine(line, services.clock());
    if (read.outcome === "refused") return read;
    const { user } = read;
    return inTurn(keysOf(user), async () =>
      isDryRun ? ((await findKnown(services, user)) ?? planned(user)) : importUser(services, user),
    );
  };
  return {
    async add(line) {
      const result = await judge(line);
      counts[result.outcome]++;
      return result;
    },
    /** Writes the import down, where it was one. */
    async finish() {
      if (!isDryRun)
        await recordAudit(services, services.db, {
          type: "users_imported",
          userId: null,
          actor: "operator",
          details: { ...counts },
        });
      return { ...counts };
    },
  };
}

/** What only one of them can have. */
const keysOf = ({ username, email, id }: ImportUser): string[] => [
  `name ${username.toLowerCase()}`,
  `address ${email}`,
  ...(id === null ? [] : [`id ${id}`]),
];

/** Works that share a key are done one after another, in the order in which they came; others at once. */
function createTurns() {
  const last = new Map<string, Promise<unknown>>();
  return async <Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result> => {
    const before = Promise.allSettled(keys.map((key) => last.get(key)));
    const mine = before.then(work);
    for (const key of keys) last.set(key, mine);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (last.get(key) === mine) last.delete(key);
    }
  };
}

async function importUser(services: Services, user: ImportUser): Promise<ImportOutcome> {
  const now = services.clock();
  try {
    return await onClaims(services, async (tx): Promise<ImportOutcome> => {
      await lockAddresses(tx, [user.email]);
      await freeUsernameOfEndedClaim(tx, user.username, now);
      const known = await findKnown({ db: tx }, user);
      if (known?.outcome === "updated") return updatePassword(tx, known.account, user);
      if (known) return known;
      const id = user.id ?? randomUUID();
      await insertUser(tx, {
        ...user,
        id,
        emailConfirmedAt: user.createdAt,
        // Over, as every confirmed one's is to mean nothing.
        claimExpiresAt: user.createdAt,
      });
      // The address has an owner now: claims on it can no longer be confirmed.
      await endOtherClaims(tx, user.email, id, now);
      return { outcome: "imported" };
    });
  } catch (error) {
    // Somebody was faster, in another line or as a person.
    if (isUsernameTaken(error) || isAddressConfirmedElsewhere(error))
      return (await findKnown(services, user)) ?? refuse("username_taken");
    throw error;
  }
}

type Known = { outcome: "present" } | { outcome: "updated"; account: UserRow } | Refused;

/** What is there already, theirs or in the way; null when nothing is. */
async function findKnown({ db }: { db: Executor }, user: ImportUser): Promise<Known | null> {
  const named = await findUserByUsername(db, user.username);
  if (named?.emailConfirmedAt && named.email === user.email) {
    const isNews = readDjangoHash(named.passwordHash) && named.passwordHash !== user.passwordHash;
    return isNews ? { outcome: "updated", account: named } : { outcome: "present" };
  }
  if (named) return refuse("username_taken");
  if (await findConfirmedUserByEmail(db, user.email)) return refuse("address_taken");
  if (user.id && (await findUser(db, user.id))) return refuse("id_taken");
  return null;
}

/** Somebody who signs in at this moment was faster: theirs stays. */
async function updatePassword(
  tx: Executor,
  { id, passwordHash: from }: UserRow,
  { passwordHash: to }: ImportUser,
): Promise<ImportOutcome> {
  return { outcome: (await replacePasswordHash(tx, id, { from, to })) ? "updated" : "present" };
}

/** What a dry run would have written, for the lines after it. */
function createPlan(): (user: ImportUser) => ImportOutcome {
  const emailOf = new Map<string, string>();
  const emails = new Set<string>();
  const ids = new Set<string>();
  return (user) => {
    const name = user.username.toLowerCase();
    if (emailOf.get(name) === user.email) return { outcome: "present" };
    if (emailOf.has(name)) return refuse("username_taken");
    if (emails.has(user.email)) return refuse("address_taken");
    if (user.id && ids.has(user.id)) return refuse("id_taken");
    emailOf.set(name, user.email);
    emails.add(user.email);
    if (user.id) ids.add(user.id);
    return { outcome: "imported" };
  };
}

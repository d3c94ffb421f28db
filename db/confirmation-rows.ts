// All that the state of a confirmation is told from, in one statement: every open page and every call for it asks.
import { eq, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { type ClaimCodeRow, selectCodes } from "./codes";
import { selectNewestClaimMail, selectQueuedInstants } from "./deliveries";
import { keepPrepared, place } from "./prepared";
import { selectHits } from "./rate-limits";
import { type DeliveryRow, deliveries, type UserRow, users } from "./schema";

export type ConfirmationRows = {
  user: UserRow;
  /** The claim's newest mail. */
  delivery: DeliveryRow | null;
  /** Newest first (listCodes). */
  codes: ClaimCodeRow[];
  /** Of the claim's mails since then, oldest first (listQueuedInstants). */
  ofClaim: Date[];
  /** Of further mails to its address since then, oldest first (domain/mailed-addresses.ts). */
  furtherToAddress: Date[];
};

const selectConfirmation = keepPrepared<{ userId: string; since: Date }, SelectedRow[]>((executor) => {
  const userId = place("userId", users.id);
  const since = place("since", deliveries.createdAt);
  const mail = selectNewestClaimMail(executor, userId).as("mail");
  const codes = selectCodes(executor, userId).as("code");
  const ofClaim = selectQueuedInstants(executor, userId, since).as("of_claim");
  const furtherKey = sql`(select u.further_mails_key from ${users} u where u.id = ${userId})`;
  const further = selectHits(executor, furtherKey, since).as("further");
  const codeList = executor
    .select({ list: sql<CodeJson[]>`coalesce(json_agg(code), '[]')`.as("codes") })
    .from(codes)
    .as("codes");
  const ofClaimList = executor
    .select({ list: sql<string[]>`coalesce(json_agg(of_claim.created_at), '[]')`.as("of_claim_list") })
    .from(ofClaim)
    .as("of_claim_list");
  const furtherList = executor
    .select({ list: sql<string[]>`coalesce(json_agg(further.hit), '[]')`.as("further_list") })
    .from(further)
    .as("further_list");
  return executor
    .select()
    .from(users)
    .leftJoinLateral(mail, sql`true`)
    .crossJoinLateral(codeList)
    .crossJoinLateral(ofClaimList)
    .crossJoinLateral(furtherList)
    .where(eq(users.id, userId))
    .prepare("confirmation");
});

type SelectedRow = {
  users: UserRow;
  mail: DeliveryRow | null;
  codes: { list: CodeJson[] };
  of_claim_list: { list: string[] };
  further_list: { list: string[] };
};

/** Null when there is no such account. */
export async function readConfirmationRows(
  executor: Executor,
  userId: string,
  since: Date,
): Promise<ConfirmationRows | null> {
  const [row] = await selectConfirmation(executor, { userId, since });
  if (!row) return null;
  const instants = (list: string[]) => list.map((text) => new Date(text));
  return {
    user: row.users,
    delivery: row.mail,
    codes: row.codes.list.map(readCode),
    ofClaim: instants(row.of_claim_list.list),
    furtherToAddress: instants(row.further_list.list),
  };
}

/** A row of selectCodes as Postgres writes it in JSON. */
type CodeJson = {
  id: string;
  user_id: string;
  code_hash: string;
  link_hash: string | null;
  tries: number;
  expires_at: string | null;
  used_at: string | null;
  created_at: string;
  has_left: boolean;
};

function readCode(json: CodeJson): ClaimCodeRow {
  const instant = (text: string | null) => (text === null ? null : new Date(text));
  return {
    id: json.id,
    userId: json.user_id,
    codeHash: json.code_hash,
    linkHash: json.link_hash,
    tries: json.tries,
    expiresAt: instant(json.expires_at),
    usedAt: instant(json.used_at),
    createdAt: new Date(json.created_at),
    hasLeft: json.has_left,
  };
}

// A database full of mails as a product has them after a while, for benchmarks: made by Postgres itself, in the order
// of time, the same in every run. Never called on a database that holds anything.
import { getTableName, sql } from "drizzle-orm";
import { type Database, inTransaction } from "./client";
import { answerTimes, auditLog, deliveries, deliveryAttempts, outbox, providerEvents, users } from "./schema";

/** A number from 0 to 999 that is `i`'s own; `salt` makes another one. */
const draw = (salt: number) => sql.raw(`(abs(hashint8(i * 31 + ${salt})::bigint) % 1000)`);

/**
 * Removes what is there and writes `rows` mails, queued evenly over `days` until now, to people of whom four in five
 * got one: 90 % delivered, 2 % given up or returned, 7 % with further attempts. The provider was changed when two
 * thirds were behind, so that a filter by the old one has to get past the rest. Beside them as many rows of the
 * audit log, a week of events, of webhooks and of answers.
 */
export async function fillScratch(
  db: Database,
  { rows, days }: { rows: number; days: number },
): Promise<void> {
  const series = sql`generate_series(1, ${rows}::bigint) as i`;
  const people = Math.max(1, Math.floor(rows * 0.8));
  const queuedAt = sql`now() - make_interval(secs => (${rows}::bigint - i) * ${(days * 86_400) / rows}::float8)`;
  const statements = [
    sql`truncate ${users}, ${outbox}, ${auditLog}, ${answerTimes}, ${providerEvents} cascade`,
    sql`insert into ${users} (id, username, email, password_hash, email_confirmed_at, claim_expires_at, created_at)
      select gen_random_uuid(), 'person' || i,
        chr(97 + (i % 26)::int) || 'person' || i || chr(97 + ((i / 26) % 26)::int) || '@' || ${domainOf},
        'none', now(), now(), now()
      from generate_series(1, ${people}::bigint) as i`,
    sql`create temporary table people on commit drop as
      select row_number() over () as n, id, email from ${users}`,
    sql`create unique index on people (n)`,
    sql`insert into ${deliveries} (id, user_id, kind, recipient, sender, status, attempt_count, max_attempts,
        next_attempt_at, provider_message_id, reason_code, created_at, sent_at, settled_at)
      select gen_random_uuid(), people.id, made.kind, people.email, 'Latchkey <hello@latchkey.example>', made.status,
        case when made.status in ('queued', 'cancelled') then 0 when made.status = 'failed' then 6
          when made.status = 'retrying' then 1 + (i % 4)::int when ${draw(3)} < 70 then 2 else 1 end, 6,
        case when made.status in ('queued', 'retrying') then now() + interval '1 day' end,
        'message-' || i, case when made.status = 'failed' then 'mailbox_unavailable' end,
        made.at, case when made.status in ('sent', 'delivered', 'bounced', 'complained') then made.at + interval '2 s' end,
        case when made.status not in ('queued', 'retrying') then made.at + interval '2 s' end
      from (select i, ${queuedAt} as at,
          (case when ${draw(1)} < 930 then 'confirmation' when ${draw(1)} < 950 then 'existing_account'
            else 'password_changed' end)::delivery_kind as kind,
          (case when i > ${rows}::bigint - ${Math.min(400, Math.floor(rows / 10))}::bigint
              then (case when i % 4 = 0 then 'retrying' when i % 4 = 1 then 'queued' else 'delivered' end)
            when ${draw(2)} < 900 then 'delivered' when ${draw(2)} < 945 then 'sent'
            when ${draw(2)} < 960 then 'bounced' when ${draw(2)} < 970 then 'failed'
            when ${draw(2)} < 972 then 'complained' when ${draw(2)} < 975 then 'suppressed'
            else 'cancelled' end)::delivery_status as status
        from ${series}) made
      join people on people.n = 1 + (made.i * 7919) % ${people}::bigint
      order by made.i`,
    sql`insert into ${deliveryAttempts} (delivery_id, number, queued_at, provider, started_at, ended_at, outcome, error_class,
        error_code, provider_code, provider_text)
      select d.id, number, d.created_at,
        case when d.created_at < now() - make_interval(secs => ${(days * 86_400) / 3}::float8)
          then 'smtp' else 'resend' end,
        d.created_at + make_interval(secs => 60 * number), d.created_at + make_interval(secs => 60 * number + 1),
        case when is_failed then 'failed' else 'accepted' end::attempt_outcome,
        case when not is_failed then null when hashtext(d.id::text) % 500 = 0 then 'ours'
          when hashtext(d.id::text) % 100 = 1 then 'ambiguous'
          when d.status = 'failed' and number = 6 then 'permanent' else 'transient' end,
        case when is_failed then 'server_busy' end, case when is_failed then '451' end,
        case when is_failed then 'come later' end
      from ${deliveries} d, generate_series(1, d.attempt_count) as number,
        lateral (select number < d.attempt_count or d.status in ('failed', 'retrying') as is_failed) fate`,
    sql`insert into ${outbox} (id, name, data, created_at, tries, published_at)
      select gen_random_uuid(), 'user/registered', jsonb_build_object('deliveryId', d.id, 'userId', d.user_id),
        d.created_at, 0, d.created_at
      from ${deliveries} d where d.created_at > now() - interval '7 days'`,
    sql`insert into ${providerEvents} (id, type, delivery_id, received_at)
      select 'event-' || d.id, 'delivered', d.id, d.created_at + interval '5 s'
      from ${deliveries} d where d.created_at > now() - interval '7 days' and d.status = 'delivered'`,
    sql`insert into ${auditLog} (at, type, actor, user_id, network, details)
      select ${queuedAt}, made.type, (case when made.type in ('delivery_replayed', 'operator_signed_in')
          then 'operator' else 'person' end)::audit_actor, people.id, md5((i % 50000)::text), '{}'
      from (select i, (case when i % 5000 = 0 then 'delivery_replayed' when i % 5001 = 0 then 'operator_signed_in'
          when ${draw(4)} < 400 then 'registered' when ${draw(4)} < 750 then 'confirmed'
          when ${draw(4)} < 950 then 'signed_in' when ${draw(4)} < 999 then 'sign_in_refused'
          else 'password_changed' end)::audit_type as type
        from ${series}) made
      join people on people.n = 1 + (made.i * 104729) % ${people}::bigint
      order by made.i`,
    sql`insert into ${answerTimes} (seconds, starts_at, bucket, count)
      select width, date_bin(make_interval(secs => width), now(), 'epoch') - make_interval(secs => width * back), bucket,
        width / 60 * (1 + (back + bucket) % 9)
      from unnest(array[60, 900]) as width, lateral generate_series(0, 7 * 86400 / width - 1) as back,
        generate_series(42, 58) as bucket`,
  ];
  await inTransaction(db, async (tx) => {
    // The processes go on looking for work meanwhile.
    await tx.execute(
      sql`lock table ${users}, ${deliveries}, ${deliveryAttempts}, ${outbox}, ${auditLog} in access exclusive mode`,
    );
    // Nobody is to be notified of a million rows, and indexes are made quicker of a table than row by row.
    const tables = sql.join(
      [users, deliveries, deliveryAttempts, outbox, auditLog].map((table) => sql`${getTableName(table)}`),
      sql`, `,
    );
    const indexes = await tx.execute<{ name: string; definition: string }>(sql`
      select indexname as name, indexdef as definition from pg_indexes
      where schemaname = 'public' and tablename in (${tables})
        and indexname not in (select conname from pg_constraint)`);
    for (const table of [users, deliveries, outbox])
      await tx.execute(sql`alter table ${table} disable trigger user`);
    for (const { name } of indexes) await tx.execute(sql`drop index ${sql.identifier(name)}`);
    for (const statement of statements) await tx.execute(statement);
    for (const { definition } of indexes) await tx.execute(sql.raw(definition));
    for (const table of [users, deliveries, outbox])
      await tx.execute(sql`alter table ${table} enable trigger user`);
  });
  await db.execute(sql`vacuum analyze`);
}

/** Half of all mails go to four domains; the rest to many. */
const domainOf = sql.raw(`(case when i % 100 < 35 then 'gmail.com' when i % 100 < 45 then 'outlook.com'
  when i % 100 < 50 then 'yahoo.com' when i % 100 < 52 then 'icloud.com' else 'company' || i % 20000 || '.example' end)`);

export type ScratchSample = {
  /** The delivery in the middle of all, by time. */
  middle: { id: string; createdAt: Date };
  /** The audit log's row in the middle. */
  middleAudit: { id: number; at: Date };
  /** The newest ones that failed. */
  failedIds: string[];
  userId: string;
};

/** What pages of it can be asked for. */
export async function sampleScratch(db: Database): Promise<ScratchSample> {
  const [found] = await db.execute<{
    id: string;
    at: number;
    audit: string;
    auditAt: number;
    userId: string;
  }>(sql`
    select d.id, d.user_id as "userId", floor(extract(epoch from d.created_at) * 1000)::float8 as at,
      a.id as audit, floor(extract(epoch from a.at) * 1000)::float8 as "auditAt"
    from (select * from ${deliveries} order by created_at offset (select count(*) / 2 from ${deliveries}) limit 1) d,
      (select * from ${auditLog} order by at offset (select count(*) / 2 from ${auditLog}) limit 1) a`);
  const failed = await db.execute<{ id: string }>(sql`
    select id from ${deliveries} where status = 'failed' order by created_at desc limit 50`);
  if (!found) throw new Error("There are no mails to look at");
  return {
    middle: { id: found.id, createdAt: new Date(found.at) },
    middleAudit: { id: Number(found.audit), at: new Date(found.auditAt) },
    failedIds: failed.map(({ id }) => id),
    userId: found.userId,
  };
}

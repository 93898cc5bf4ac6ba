import { QueryTypes, type Sequelize } from 'sequelize';
import { messageBytes } from '../../repository/sql/message-bytes.js';
import type { Attachments, Counters, Locks, Orphans } from './report.js';

const select = <Row extends object>(sequelize: Sequelize, sql: string): Promise<Row[]> =>
  sequelize.query<Row>(sql, { type: QueryTypes.SELECT });

/** Rows of every table, exactly. */
export async function countRows(sequelize: Sequelize): Promise<Record<string, number>> {
  const [union] = await select<{ sql: string | null }>(
    sequelize,
    `select string_agg(format('select %L as name, count(*)::int as rows from %I', tablename, tablename), ' union all ' order by tablename) as sql
     from pg_tables where schemaname = current_schema()`,
  );
  if (!union?.sql) return {};
  const rows = await select<{ name: string; rows: number }>(sequelize, union.sql);
  return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
}

/** Compares the counters that conversations carry with the messages they have. */
export async function checkCounters(sequelize: Sequelize): Promise<Counters> {
  const [counters] = await select<Counters>(
    sequelize,
    `select count(*)::int as conversations,
            (count(*) filter (where c.message_count <> coalesce(m.live, 0) or c.last_seq < coalesce(m.last, 0)
                                     or c.stored_bytes <> coalesce(m.bytes, 0)))::int as wrong
     from conversations c
     left join (
       select tenant_id, conversation_id, count(*) filter (where deleted_at is null) as live, max(seq) as last, sum(${messageBytes('n')}) as bytes
       from messages n group by 1, 2
     ) m on m.tenant_id = c.tenant_id and m.conversation_id = c.id`,
  );
  return counters ?? { conversations: 0, wrong: 0 };
}

/** Attachments belong to a message of the same conversation, and each message says how many it has. */
export async function checkAttachments(sequelize: Sequelize): Promise<Attachments> {
  const [found] = await select<Attachments>(
    sequelize,
    `select (select count(*)::int from message_assets) as assets,
            (select count(*)::int from message_assets a where not exists (
               select from messages m
               where m.tenant_id = a.tenant_id and m.id = a.message_id and m.conversation_id = a.conversation_id)) as orphans,
            (select count(*)::int from messages m
             left join (select tenant_id, message_id, count(*) as assets from message_assets group by 1, 2) a
               on a.tenant_id = m.tenant_id and a.message_id = m.id
             where m.asset_count <> coalesce(a.assets, 0)) as miscounted`,
  );
  return found ?? { assets: 0, orphans: 0, miscounted: 0 };
}

const hasNoMessage = (row: string): string =>
  `not exists (select from messages m where m.tenant_id = ${row}.tenant_id and m.id = ${row}.message_id)`;

const COUNT_ORPHANS = `
select (select count(*)::int from message_vectors v where ${hasNoMessage('v')}) as vectors,
       (select count(*)::int from tasks t where t.message_id is not null and ${hasNoMessage('t')}) as tasks`;

const REMOVE_ORPHANS = `
with
assets as (delete from message_assets a where ${hasNoMessage('a')}),
vectors as (delete from message_vectors v where ${hasNoMessage('v')} returning 1),
tasks as (update tasks t set message_id = null where t.message_id is not null and ${hasNoMessage('t')} returning 1)
select (select count(*)::int from vectors) as vectors, (select count(*)::int from tasks) as tasks`;

/** What hangs on messages is kept whole by whoever removes them, not by foreign keys. With `fix` what is left over goes. */
export async function checkOrphans(sequelize: Sequelize, fix: boolean): Promise<Orphans> {
  const [orphans] = await select<Omit<Orphans, 'fixed'>>(sequelize, fix ? REMOVE_ORPHANS : COUNT_ORPHANS);
  return { ...orphans!, fixed: fix };
}

/** A transaction that has neither an id nor a snapshot, as one that only carries a lock, keeps nothing back. */
export async function readLocks(sequelize: Sequelize): Promise<Locks> {
  const [locks] = await select<Locks>(
    sequelize,
    `select (select count(*)::int from pg_locks where not granted) as waiting,
            coalesce((select extract(epoch from max(clock_timestamp() - xact_start)) from pg_stat_activity
                      where datname = current_database() and pid <> pg_backend_pid()
                        and (backend_xid is not null or backend_xmin is not null)), 0)::int as "oldestTransactionSeconds"`,
  );
  return locks ?? { waiting: 0, oldestTransactionSeconds: 0 };
}

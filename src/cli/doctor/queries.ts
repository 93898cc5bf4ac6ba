import { QueryTypes, type Sequelize } from 'sequelize';
import { messageBytes } from '../../repository/sql/message-bytes.js';
import type { Counters, Locks } from './report.js';

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

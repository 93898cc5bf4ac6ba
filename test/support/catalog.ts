import { QueryTypes } from 'sequelize';
import type { Database } from '../../src/db/database.js';

export type Column = { table: string; name: string; type: string; nullable: boolean; default: string | null; identity: string };
export type Constraint = {
  table: string;
  name: string;
  kind: 'p' | 'u' | 'f' | 'c';
  columns: string[];
  references: string | null;
  referenced: string[] | null;
  onDelete: string | null;
  definition: string;
};
export type Index = { table: string; name: string; unique: boolean; first: string; definition: string };
export type Catalog = { columns: Column[]; constraints: Constraint[]; indexes: Index[] };

const ours = `n.nspname = 'public' and c.relkind = 'r' and c.relname <> 'schema_migrations'`;
const namesOf = (keys: string, table: string) =>
  `(select array_agg(a.attname::text order by key.at) from unnest(${keys}) with ordinality key(num, at)
    join pg_attribute a on a.attrelid = ${table} and a.attnum = key.num)`;

/** What PostgreSQL says the schema is. Constraints on null-ness are in the columns: only PostgreSQL 18 also gives them names. */
export async function readCatalog(db: Database): Promise<Catalog> {
  const select = <T extends object>(sql: string) => db.sequelize.query<T>(sql, { type: QueryTypes.SELECT });
  const columns = await select<Column>(`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
           pg_get_expr(d.adbin, d.adrelid) as default, a.attidentity::text as identity
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where ${ours} order by c.relname, a.attnum`);
  const constraints = await select<Constraint>(`
    select c.relname as table, k.conname as name, k.contype::text as kind, ${namesOf('k.conkey', 'k.conrelid')} as columns,
           nullif(k.confrelid, 0)::regclass::text as references, ${namesOf('k.confkey', 'k.confrelid')} as referenced,
           nullif(k.confdeltype::text, ' ') as "onDelete", pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and k.contype in ('p', 'u', 'f', 'c') order by c.relname, k.conname`);
  const indexes = await select<Index>(`
    select c.relname as table, i.relname as name, x.indisunique as unique, pg_get_indexdef(x.indexrelid, 1, false) as first,
           pg_get_indexdef(x.indexrelid) as definition
    from pg_index x join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_class i on i.oid = x.indexrelid
    where ${ours} order by c.relname, i.relname`);
  return { columns, constraints, indexes };
}

export const tablesOf = ({ columns }: Catalog): string[] => [...new Set(columns.map(({ table }) => table))];

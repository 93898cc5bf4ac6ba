import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import type { Statement } from '../../../src/db/database.js';
import { KINDS } from '../../../src/repository/portable/portable-kinds.js';
import { readKnowledge } from '../../../src/repository/sql/knowledge-page.js';
import { isReadIn, readPortable } from '../../../src/repository/sql/portable-read.js';
import { countPortable, mapPortable, writePortable } from '../../../src/repository/sql/portable-write.js';
import { PACKAGE_FOLDER } from '../../../src/version.js';

/** Files of statements that nobody sends for a tenant: across tenants, or in the background. */
const OF_THE_OWNER = new Set([
  'backup',
  'changed-topics',
  'corpus',
  'embedding-queue',
  'jobs',
  'oauth-clients',
  'remove-tenant',
  'table-care',
  'tenants',
]);

/** Others of the owner's, beside those of tenants. */
const SENT_BY_THE_OWNER = new Set(['find_oauth_grant', 'tenants_with_accounts']);

const isStatement = (value: unknown): value is Statement =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Statement).text === 'string' &&
  typeof (value as Statement).name === 'string';

/** Every statement that is sent for a tenant: those that stand as they are, and those that are made for what can be moved. */
export async function tenantStatements(client: pg.Client): Promise<Statement[]> {
  const statements: Statement[] = [];
  const folder = join(PACKAGE_FOLDER, 'src/repository/sql');
  for (const file of readdirSync(folder)) {
    if (OF_THE_OWNER.has(file.replace(/\.ts$/, ''))) continue;
    const exported = (await import(join(folder, file))) as Record<string, unknown>;
    for (const value of Object.values(exported)) if (isStatement(value)) statements.push(value);
  }
  for (const read of ['all', 'mixed', 'named', 'containing', 'walked'] as const)
    statements.push(readKnowledge(read), readKnowledge(read, true));
  for (const kind of KINDS) {
    const { rows } = await client.query<{ name: string }>(
      `select attname::text as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
         and attgenerated = '' and attidentity = '' and attname not in ('tenant_id', 'search')`,
      [kind.table],
    );
    const columns = rows.map(({ name }) => name).filter((name) => !kind.left?.includes(name));
    for (const scope of ['tenant', 'user', 'conversation'] as const)
      if (isReadIn(kind, scope)) statements.push(readPortable(kind, scope, columns));
    statements.push(writePortable(kind, columns), countPortable(kind));
    if (kind.natural) statements.push(mapPortable(kind));
  }
  return statements.filter(({ name }) => !SENT_BY_THE_OWNER.has(name));
}

/** Something for each parameter, by the type that the database gives it; the first is the tenant. */
export async function someValues(client: pg.Client, { text }: Statement, tenantId: string, id: string): Promise<unknown[]> {
  await client.query(`prepare looked_at as ${text}`);
  const { rows } = await client.query<{ types: string[] }>(
    `select parameter_types::text[] as types from pg_prepared_statements where name = 'looked_at'`,
  );
  await client.query('deallocate looked_at');
  return rows[0]!.types.map((type, at) => (at === 0 && type === 'text' ? tenantId : someOf(type, id)));
}

function someOf(type: string, id: string): unknown {
  if (type.endsWith('[]')) return [someOf(type.slice(0, -2), id)];
  switch (type) {
    case 'uuid':
      return id;
    case 'boolean':
      return false;
    case 'jsonb':
    case 'json':
      return '[]';
    case 'tsvector':
    case 'tsquery':
      return 'orchid';
    case 'pg_snapshot':
      return '10:10:';
    case 'regconfig':
      return 'english';
    case 'timestamp with time zone':
    case 'date':
      return '2024-01-02';
    case 'integer':
    case 'bigint':
    case 'smallint':
    case 'real':
    case 'double precision':
    case 'numeric':
      return 10;
    default:
      return 'orchid';
  }
}

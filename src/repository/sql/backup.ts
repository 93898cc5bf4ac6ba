import type { Statement } from '../../db/database.js';
import { NEVER, type PortableKind } from '../portable/portable-kinds.js';

/** Rows of a table that belongs to no tenant: a few, so all at once. */
export const readShared = ({ type, table, order, left = [] }: PortableKind): Statement => ({
  name: `read_shared_${type}`,
  text: `
select (to_jsonb(r) - array[${[...NEVER, ...left].map((column) => `'${column}'`).join(', ')}])::text as row
from ${table} r order by ${order.map(({ column, type }) => `r.${column}${type === 'text' ? ' collate "C"' : ''}`).join(', ')}`,
});

/** A job that is here already is switched as the file says. */
export const writeShared = ({ type, table }: PortableKind, columns: readonly string[]): Statement => {
  const names = columns.map((column) => `"${column}"`).join(', ');
  return {
    name: `write_shared_${type}`,
    text: `
insert into ${table} (${names}) select ${names} from jsonb_populate_recordset(null::${table}, $1::jsonb)
on conflict ${type === 'job' ? '(name) do update set enabled = excluded.enabled' : 'do nothing'}`,
  };
};

export const addTenant: Statement = {
  name: 'add_tenant',
  text: 'insert into tenants (id, name) values ($1, $1) on conflict do nothing',
};

/** Tenants in which somebody has stored anything. */
export const findFilledTenants: Statement = {
  name: 'find_filled_tenants',
  text: `
select t.id from tenants t
where exists (select from users u where u.tenant_id = t.id) or exists (select from conversations c where c.tenant_id = t.id)
   or exists (select from episodic_memories m where m.tenant_id = t.id) or exists (select from memory_graph_nodes n where n.tenant_id = t.id)
   or exists (select from user_credentials k where k.tenant_id = t.id) or exists (select from tasks k where k.tenant_id = t.id)
   or exists (select from api_tokens k where k.tenant_id = t.id)
order by t.id`,
};

export const removeOauthClients: Statement = { name: 'remove_oauth_clients', text: 'delete from oauth_clients' };

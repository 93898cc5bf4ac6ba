import type { Statement } from '../../db/database.js';
import type { PortableKind } from '../portable/portable-kinds.js';

/** How much of a tenant is read: all of it, what is of one user ($2), or one conversation ($2). */
export type PortableScope = 'tenant' | 'user' | 'conversation';

const ownConversations = 'select c.id from conversations c where c.tenant_id = $1 and c.user_id = $2::uuid';
const ownNodes = 'select n.id from memory_graph_nodes n where n.tenant_id = $1 and n.owner_id = $2::uuid';
const ofConversation = { user: `r.conversation_id in (${ownConversations})`, conversation: 'r.conversation_id = $2::uuid' };
const ofUser = { user: 'r.user_id = $2::uuid' };
const ofNode = { user: `r.node_id in (${ownNodes})` };

/** Which rows of a type belong to a part of the tenant; a type that is not here, or not for that part, is left out of it. */
const SCOPES: Readonly<Record<string, Partial<Record<PortableScope, string>>>> = {
  user: {
    user: 'r.id = $2::uuid',
    conversation: 'r.id in (select c.user_id from conversations c where c.tenant_id = $1 and c.id = $2::uuid)',
  },
  device: {
    user: 'r.id in (select c.device_id from conversations c where c.tenant_id = $1 and c.user_id = $2::uuid)',
    conversation: 'r.id in (select c.device_id from conversations c where c.tenant_id = $1 and c.id = $2::uuid)',
  },
  session: {
    user: `(r.user_id = $2::uuid or r.id in (select c.session_id from conversations c where c.tenant_id = $1 and c.user_id = $2::uuid))`,
    conversation: 'r.id in (select c.session_id from conversations c where c.tenant_id = $1 and c.id = $2::uuid)',
  },
  account: ofUser,
  api_key: ofUser,
  conversation: { user: 'r.user_id = $2::uuid', conversation: 'r.id = $2::uuid' },
  message: ofConversation,
  asset: ofConversation,
  message_vector: ofConversation,
  event: ofConversation,
  memory: ofUser,
  node: { user: 'r.owner_id = $2::uuid' },
  node_version: ofNode,
  observation: ofNode,
  edge: { user: `r.source_id in (${ownNodes})` },
  memory_vector: {
    user: `((r.subject_type = 'memory' and r.subject_id in (select m.id from episodic_memories m where m.tenant_id = $1 and m.user_id = $2::uuid))
      or (r.subject_type = 'node' and r.subject_id in (${ownNodes})))`,
  },
  task: { user: 'r.user_id = $2::uuid', conversation: 'r.conversation_id = $2::uuid' },
};

const STARTS = { uuid: '00000000-0000-0000-0000-000000000000', integer: '-1', bigint: '-1', text: '' } as const;

export const startOf = ({ order }: PortableKind): string[] => order.map(({ type }) => STARTS[type]);

export const isReadIn = ({ type }: PortableKind, scope: PortableScope): boolean =>
  scope === 'tenant' || SCOPES[type]?.[scope] !== undefined;

/**
 * The next rows of a kind after a place, at most $3, as the database writes them: JSON keeps whatever a column holds, numbers
 * of any size, microseconds and all, and looks the same on every server. `columns` are named one by one, because words that are
 * made into JSON only to be taken out of it again cost more than all the rest.
 *
 * Plan: a range of the index that begins with the tenant and the columns of the order; never with `or`, which would read all
 * from the start.
 */
export const readPortable = (kind: PortableKind, scope: PortableScope, columns: readonly string[]): Statement => {
  const { type, table, order, bytes } = kind;
  const column = (place: (typeof order)[number]) => `r.${place.column}${place.type === 'text' ? ' collate "C"' : ''}`;
  const value = (name: string) => (name === bytes ? `translate(encode(r.${name}, 'base64'), E'\\n', '') as ${name}` : `r."${name}"`);
  const where = scope === 'tenant' ? '($2::uuid is null)' : SCOPES[type]?.[scope];
  return {
    name: `read_portable_${type}_${scope}`,
    text: `
select array[${order.map(({ column }) => `r.${column}::text`).join(', ')}] as place, (select to_json(x)::text from (select ${columns.map(value).join(', ')}) x) as row
from ${table} r
where r.tenant_id = $1 and ${where}
  and (${order.map(column).join(', ')}) > (${order.map(({ type }, at) => `$${at + 4}::${type}`).join(', ')})
order by ${order.map(column).join(', ')}
limit $3::int`,
  };
};

/** The row of the tenant, without its name on this server. */
export const readTenantRow: Statement = {
  name: 'read_portable_tenant',
  text: `select (to_jsonb(r) - 'id')::text as row from tenants r where r.id = $1`,
};

/** Columns of each table, in the order of their names. */
export const readColumns: Statement = {
  name: 'read_portable_columns',
  text: `
select c.relname::text as "table", array_agg(a.attname::text order by a.attname::text collate "C") as columns
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = current_schema()::regnamespace and c.relname = any($1::text[])
group by c.relname`,
};

export const findPortableUser: Statement = {
  name: 'find_portable_user',
  text: 'select id from users where tenant_id = $1 and external_id = $2',
};

export const findPortableConversation: Statement = {
  name: 'find_portable_conversation',
  text: 'select id from conversations where tenant_id = $1 and id = $2::uuid',
};

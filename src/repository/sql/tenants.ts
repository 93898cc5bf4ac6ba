import type { Statement } from '../../db/database.js';

/** Tenants with what they hold, by id; $1 chooses one. Message counts come from the counters of conversations. */
export const listTenants: Statement = {
  name: 'list_tenants',
  text: `
select t.id, t.name, t.text_search_config as "textSearchConfig", t.settings, t.created_at as "createdAt",
       (select count(*)::int from users u where u.tenant_id = t.id) as users,
       c.conversations, c.messages, c.held
from tenants t
cross join lateral (
  select count(*)::int as conversations, coalesce(sum(c.message_count), 0)::int as messages, count(*) filter (where c.legal_hold)::int as held
  from conversations c where c.tenant_id = t.id
) c
where $1::text is null or t.id = $1
order by t.id`,
};

/** In an order that is the same on every server. */
export const listTenantIds: Statement = { name: 'list_tenant_ids', text: 'select id from tenants order by id collate "C"' };

export const findTextSearchConfig: Statement = {
  name: 'find_text_search_config',
  text: `
select exists (select from pg_ts_config c where c.cfgname = $1 and pg_ts_config_is_visible(c.oid)) as known,
       (select string_agg(c.cfgname, ', ' order by c.cfgname) from pg_ts_config c where pg_ts_config_is_visible(c.oid)) as names`,
};

/** Whether a tenant has anything that is indexed by its language. */
export const hasIndexedText: Statement = {
  name: 'has_indexed_text',
  text: `
select exists (select from messages m where m.tenant_id = $1) or exists (select from episodic_memories m where m.tenant_id = $1)
    or exists (select from memory_graph_nodes n where n.tenant_id = $1) as "indexed"`,
};

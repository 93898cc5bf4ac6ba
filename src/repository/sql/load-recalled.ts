import type { Statement } from '../../db/database.js';
import { WHOLE_TENANT } from './corpus-documents.js';

/** Of one hit; the whole is a call of load_history or of a resource away. */
const HIT_CHARACTERS = 4000;

const text = (column: string): string => `left(${column}, ${HIT_CHARACTERS}) as text, length(${column}) > ${HIT_CHARACTERS} as truncated`;

/** What is shown of the messages $3, memories $4 and nodes $5. Plan: a probe of a primary key each. */
export const loadRecalled: Statement = {
  name: 'load_recalled',
  text: `
select 'messages' as source, m.id, ${text('m.text')}, m.created_at as "occurredAt", m.conversation_id as "conversationId",
       array[m.id] as "messageIds", m.role, coalesce(m.author, case when m.role = 'user' then u.display_name end) as author, m.seq,
       u.external_id as "user", null as kind, null as title, null::text[] as tags, null::real as importance,
       null::timestamptz as "validFrom", null::timestamptz as "validTo", null::uuid as "supersededById"
from unnest($3::uuid[]) h(id)
join messages m on m.tenant_id = $1 and m.id = h.id
join conversations c on c.tenant_id = $1 and c.id = m.conversation_id and ($2::uuid is null or c.user_id = $2::uuid)
left join users u on u.tenant_id = $1 and u.id = m.user_id
union all
select 'memories', m.id, ${text('m.content')}, coalesce(m.occurred_at, m.valid_from, m.created_at), m.conversation_id, m.message_ids,
       null, null, null, u.external_id, m.kind, m.title, m.tags, m.importance, m.valid_from, m.valid_to, m.superseded_by_id
from unnest($4::uuid[]) h(id)
join episodic_memories m on m.tenant_id = $1 and m.id = h.id and ($2::uuid is null or m.user_id = $2::uuid)
left join users u on u.tenant_id = $1 and u.id = m.user_id
union all
select 'graph', n.id, ${text(`concat_ws(E'\\n', concat_ws(': ', coalesce(n.label, n.key), n.type), (
         select string_agg('- ' || o.text, E'\\n' order by o.recorded_at, o.id) from memory_graph_observations o
         where o.tenant_id = $1 and o.node_id = n.id and o.invalidated_at is null and o.valid_to is null))`)},
       n.updated_at, null, null, null, null, null, null, n.type, n.key, null, null, n.valid_from, n.valid_to, null
from unnest($5::uuid[]) h(id)
join memory_graph_nodes n on n.tenant_id = $1 and n.id = h.id and n.owner_id = coalesce($2::uuid, '${WHOLE_TENANT}')`,
};

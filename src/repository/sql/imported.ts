import type { Statement } from '../../db/database.js';

/** The conversation with the key $3, or else the id $5, and which of the names $4 its messages have. Plan: a few index probes. */
export const findImported: Statement = {
  name: 'find_imported',
  text: `
select c.id, c.status, c.legal_hold as "legalHold",
       array(select m.client_message_id from messages m
             where m.tenant_id = $1 and m.conversation_id = c.id and m.client_message_id = any($4::text[])
             union
             select m.id::text from messages m
             where c.id = $5::uuid and m.tenant_id = $1 and m.conversation_id = c.id and m.id = any($6::uuid[])) as known
from conversations c
where c.tenant_id = $1 and (c.conversation_key = $3 or c.id = $5::uuid) and ($2::uuid is null or c.user_id = $2::uuid)
order by c.conversation_key is not distinct from $3 desc, c.status = 'active' desc, c.last_activity_at desc
limit 1`,
};

/**
 * The newest of those that took the place of the memory with the client id $3, one after the other, and whether it or any of them
 * has the content hash $4. Plan: a probe of `episodic_memories_client_id_key` or a range of it, then of the primary key.
 */
export const findImportedMemory: Statement = {
  name: 'find_imported_memory',
  text: `
with recursive first as (
  select m.* from episodic_memories m
  where m.tenant_id = $1 and ($2::uuid is null or m.user_id = $2::uuid) and m.client_id = $3
  order by m.created_at limit 1
),
chain as (
  select f.id, f.superseded_by_id, f.content_hash, 0 as place from first f
  union
  select n.id, n.superseded_by_id, n.content_hash, c.place + 1
  from chain c join episodic_memories n on n.tenant_id = $1 and n.id = c.superseded_by_id
  where c.place < 1000
)
select m.id, u.external_id as "user", coalesce(m.client_id = $3 or starts_with(m.client_id, $3 || '#'), false) as "isImport", m.deleted_at is not null as "isDeleted",
       m.content_hash = $4 as current, exists (select from chain c where c.content_hash = $4) as said,
       coalesce(to_char(m.valid_from at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), m.metadata ->> 'updated_at') as at
from (select c.id from chain c order by c.place desc limit 1) l
join episodic_memories m on m.tenant_id = $1 and m.id = l.id
left join users u on u.tenant_id = $1 and u.id = m.user_id`,
};

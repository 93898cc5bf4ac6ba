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

export const hasMemories: Statement = {
  name: 'has_imported_memories',
  text: `
select m.client_id as id from episodic_memories m
where m.tenant_id = $1 and ($2::uuid is null or m.user_id = $2::uuid) and m.client_id = any($3::text[])`,
};

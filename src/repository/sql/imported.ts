import type { Statement } from '../../db/database.js';

/** The conversation with the key $3, and which of the client ids $4 its messages have. Plan: two index probes. */
export const findImported: Statement = {
  name: 'find_imported',
  text: `
select c.id, c.status, c.legal_hold as "legalHold",
       array(select m.client_message_id from messages m
             where m.tenant_id = $1 and m.conversation_id = c.id and m.client_message_id = any($4::text[])) as known
from conversations c
where c.tenant_id = $1 and c.conversation_key = $3 and ($2::uuid is null or c.user_id = $2::uuid)
order by c.status = 'active' desc, c.last_activity_at desc
limit 1`,
};

export const hasMemories: Statement = {
  name: 'has_imported_memories',
  text: `
select m.client_id as id from episodic_memories m
where m.tenant_id = $1 and ($2::uuid is null or m.user_id = $2::uuid) and m.client_id = any($3::text[])`,
};

import type { Statement } from '../../db/database.js';
import { messageColumns, messageSource } from './columns.js';
import { attachmentBytes, messageBytes } from './message-bytes.js';
import { INDEXED_CHARACTERS } from './save-turn.js';

export const findMessage: Statement = {
  name: 'find_message',
  text: `
select ${messageColumns.trim()}
from ${messageSource} join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
where m.tenant_id = $1 and ($2::uuid is null or c.user_id = $2::uuid) and m.id = $3::uuid`,
};

/** Replaces what a message says, and what is searched of it; answers how many bytes more it takes. The caller has locked it. */
export const editMessage: Statement = {
  name: 'edit_message',
  text: `
with edit as materialized (
  select to_tsvector(n.text_search_config::regconfig, normalize(left($4, ${INDEXED_CHARACTERS}))) as search, ${messageBytes('o', '0')} as bytes
  from tenants n join messages o on o.tenant_id = $1 and o.id = $2::uuid
  where n.id = $1
)
update messages m set
  content = $3::jsonb, text = $4, search = e.search,
  input_tokens = $5::int, output_tokens = $6::int, metadata = $7::jsonb, status = 'edited', edited_at = $8::timestamptz, updated_at = $8::timestamptz
from edit e
where m.tenant_id = $1 and m.id = $2::uuid
returning ${messageBytes('m', '0')} - e.bytes as bytes`,
};

/** What a message takes, its attachments included. */
export const measureMessage: Statement = {
  name: 'measure_message',
  text: `select ${messageBytes('m', attachmentBytes('m', '$1'))} as bytes from messages m where m.tenant_id = $1 and m.id = $2::uuid`,
};

/** Brings a conversation's counters along when messages or their token counts change. */
export const adjustCounters: Statement = {
  name: 'adjust_counters',
  text: `
update conversations set message_count = message_count + $3::int, input_tokens = input_tokens + $4::bigint, output_tokens = output_tokens + $5::bigint,
  stored_bytes = stored_bytes + $7::bigint, updated_at = $6::timestamptz
where tenant_id = $1 and id = $2::uuid
returning id`,
};

import type { Statement } from '../../db/database.js';
import { conversationColumns, conversationSource } from './columns.js';

const visible = 'c.tenant_id = $1 and ($2::uuid is null or c.user_id = $2::uuid)';

export const findConversation: Statement = {
  name: 'find_conversation',
  text: `select ${conversationColumns.trim()} from ${conversationSource} where ${visible} and c.id = $3::uuid`,
};

/**
 * Conversations by newest activity, after the place ($11, $12), at most $13.
 *
 * Plan: `conversations_last_activity_at_idx`, or `conversations_user_id_idx` for one user, walked from the newest and stopped
 * by the limit.
 */
export const listConversations: Statement = {
  name: 'list_conversations',
  text: `
select ${conversationColumns.trim()}
from ${conversationSource}
where ${visible}
  and ($3::text is null or c.user_id = (select id from users where tenant_id = $1 and external_id = $3))
  and ($4::text[] is null or c.status = any($4::text[]))
  and ($5::text is null or c.platform = $5)
  and ($6::text is null or cd.external_id = $6)
  and ($7::text is null or lower(c.topic) = lower($7))
  and ($8::text is null or concat_ws(' ', c.title, c.summary, c.topic) ilike $8)
  and ($9::timestamptz is null or c.last_activity_at >= $9)
  and ($10::timestamptz is null or c.last_activity_at <= $10)
  and ($11::timestamptz is null or (c.last_activity_at, c.id) < ($11::timestamptz, $12::uuid))
order by c.last_activity_at desc, c.id desc
limit $13::int`,
};

/** What removing a conversation takes with it. */
export const countConversation: Statement = {
  name: 'count_conversation',
  text: `
select (select count(*)::int from messages m where m.tenant_id = $1 and m.conversation_id = $2::uuid) as messages,
       (select count(*)::int from message_assets a where a.tenant_id = $1 and a.conversation_id = $2::uuid) as assets,
       (select count(*)::int from message_vectors v where v.tenant_id = $1 and v.conversation_id = $2::uuid) as vectors,
       (select count(*)::int from message_events e where e.tenant_id = $1 and e.conversation_id = $2::uuid
          and (e.before is not null or e.after is not null)) as events`,
};

/**
 * Clears what other tables keep of a conversation's messages, without the conversation itself, which is locked for update: nobody
 * attaches anything to it meanwhile. See `removeAttached`.
 */
export const detachMessages: Statement = {
  name: 'detach_messages',
  text: `
with
assets as (delete from message_assets a where a.tenant_id = $1 and a.conversation_id = $2::uuid),
vectors as (delete from message_vectors v where v.tenant_id = $1 and v.conversation_id = $2::uuid)
update tasks t set message_id = null
where t.tenant_id = $1 and t.message_id in (select m.id from messages m where m.tenant_id = $1 and m.conversation_id = $2::uuid)`,
};

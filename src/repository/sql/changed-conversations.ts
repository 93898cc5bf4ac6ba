import type { Statement } from '../../db/database.js';

/**
 * Which of the conversations $3 have events that the snapshot $2 did not see, and the snapshot to ask with next time.
 *
 * Event numbers are given out before commit, so a position in them would step over a transaction that commits late. A
 * snapshot knows exactly which transactions were finished when it was taken. A null snapshot finds nothing.
 *
 * Plan: `message_events_conversation_id_idx`, for each conversation from the oldest transaction that ran at the snapshot.
 */
export const changedConversations: Statement = {
  name: 'changed_conversations',
  text: `
select pg_current_snapshot()::text as mark,
       array(select distinct e.conversation_id::text from message_events e
             where e.tenant_id = $1 and e.conversation_id = any($3::uuid[])
               and e.xact_id >= pg_snapshot_xmin($2::text::pg_snapshot)::text::bigint
               and not pg_visible_in_snapshot(e.xact_id::text::xid8, $2::text::pg_snapshot)) as changed`,
};

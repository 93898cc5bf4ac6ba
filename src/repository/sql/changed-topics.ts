import type { Statement } from '../../db/database.js';
import { presentOr } from './present.js';

const unseen = (xact: string): string => `
  ${xact} >= pg_snapshot_xmin($2::text::pg_snapshot)::text::bigint
  and not pg_visible_in_snapshot(${xact}::text::xid8, $2::text::pg_snapshot)`;

/**
 * Which of the conversations $3 have events, and which of the graphs $4 have changes, that the snapshot $2 did not see, and the
 * snapshot to ask with next time.
 *
 * Event numbers are given out before commit, so a position in them would step over a transaction that commits late. A
 * snapshot knows exactly which transactions were finished when it was taken. A null snapshot finds nothing.
 *
 * Plan: `message_events_conversation_id_idx`, for each conversation from the oldest transaction that ran at the snapshot;
 * `memory_graph_changes_pk`.
 */
export const changedTopics: Statement = {
  name: 'changed_topics',
  text: `
select ${presentOr('$5')}::text as mark,
       array(select distinct e.conversation_id::text from message_events e
             where e.tenant_id = $1 and e.conversation_id = any($3::uuid[]) and ${unseen('e.xact_id')})
       || array(select distinct g.topic
                from jsonb_to_recordset($4::jsonb) as g(topic text, owner_id uuid, graph text)
                join memory_graph_changes c on c.tenant_id = $1 and c.owner_id = g.owner_id and c.graph = g.graph
                where ${unseen('c.xact_id')}) as changed`,
};

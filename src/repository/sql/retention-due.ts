import type { Statement } from '../../db/database.js';
import { memoryIsHeld } from './prune-memories.js';
import { heldConversations } from './prune-messages.js';

/**
 * What a run would do now, changing nothing. The moments before which something is due, null where nothing is: $2 inactive,
 * $3 archived, $4 archived ones removed, $5 messages removed, $6 soft-deleted ones removed, $7 messages soft-deleted, $8 memories
 * soft-deleted, $9 events, $10 attempts; $11 is the largest number of active conversations.
 *
 * What is due for two reasons is counted where a run would do it: with its conversation, by its age, after its grace period.
 * Plan: one look at each table; never on the way of a request.
 */
export const countDue: Statement = {
  name: 'count_due',
  text: `
with
held as materialized (${heldConversations}),
conversation as (
  select c.id, c.status = 'active' as active, c.id in (select h.id from held h) as held,
         coalesce(c.status = 'active' and c.last_activity_at < $2::timestamptz, false) as inactive,
         coalesce(c.status <> 'archived' and c.last_activity_at < $3::timestamptz, false) as idle,
         coalesce(c.status = 'archived' and c.archived_at < $4::timestamptz, false) as over
  from conversations c where c.tenant_id = $1
),
in_conversations as (
  select (count(*) filter (where inactive and not held))::int as inactive, (count(*) filter (where idle and not held))::int as idle,
         (count(*) filter (where over and not held))::int as over,
         count(*) filter (where active and (held or not (inactive or idle))) as active,
         count(*) filter (where active and not held and not (inactive or idle)) as free
  from conversation
),
message as (
  select m.id, m.asset_count, m.deleted_at is null as live, m.conversation_id in (select c.id from conversation c where c.over) as lost,
         coalesce(m.created_at < $5::timestamptz, false) as expired, coalesce(m.deleted_at < $6::timestamptz, false) as purged,
         coalesce(m.created_at < $7::timestamptz, false) as old
  from messages m where m.tenant_id = $1 and m.conversation_id not in (select h.id from held h)
),
in_messages as (
  select (count(*) filter (where lost))::int as lost, (count(*) filter (where expired and not lost))::int as expired,
         (count(*) filter (where purged and not (lost or expired)))::int as purged,
         (count(*) filter (where live and old and not (lost or expired)))::int as hidden,
         coalesce(sum(asset_count) filter (where lost or expired or purged), 0)::int as assets
  from message
),
in_memories as (
  select coalesce(m.deleted_at < $6::timestamptz, false) or coalesce(m.expires_at < $6::timestamptz, false) as gone,
         m.deleted_at is null and coalesce(m.created_at < $8::timestamptz, false) as old
  from episodic_memories m
  where m.tenant_id = $1 and (m.deleted_at < $6::timestamptz or m.expires_at < $6::timestamptz or m.created_at < $8::timestamptz)
    and not ${memoryIsHeld('m')}
)
select c.inactive as "conversationsTimedOut", c.idle as "conversationsArchived",
       least(c.free, greatest(0, c.active - coalesce($11::bigint, c.active)))::int as "conversationsOverLimit",
       c.over as "conversationsRemoved", m.lost as "messagesOfRemovedConversations", m.expired as "messagesExpired",
       m.purged as "messagesPurged", m.hidden as "messagesSoftDeleted", m.assets as "assetsRemoved",
       (select count(*)::int from message_vectors v join message x on x.id = v.message_id and (x.lost or x.expired or x.purged)
        where v.tenant_id = $1) as "vectorsRemoved",
       (select (count(*) filter (where gone))::int from in_memories) as "memoriesRemoved",
       (select (count(*) filter (where old and not gone))::int from in_memories) as "memoriesSoftDeleted",
       (select count(*)::int from message_events e
        where e.tenant_id = $1 and e.occurred_at < $9::timestamptz and e.conversation_id not in (select h.id from held h)) as "eventsRemoved",
       (select count(*)::int from user_login_attempts a where a.tenant_id = $1 and a.attempted_at < $10::timestamptz) as "loginAttemptsRemoved"
from in_conversations c cross join in_messages m`,
};

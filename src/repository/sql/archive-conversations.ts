import type { Statement } from '../../db/database.js';

const stamped = (from: string): string => `
  insert into message_events (tenant_id, conversation_id, user_id, type, actor, before, after, occurred_at)
  select $1, e.id, e.user_id, 'status_changed', $3, jsonb_build_object('status', e.before), jsonb_build_object('status', e.after), $2::timestamptz
  from (${from}) e
  order by e.id, e.at`;

/** Ends active conversations without activity since $4, at most $5, and says so in an event each. Plan: `conversations_status_idx`. */
export const timeOutConversations: Statement = {
  name: 'time_out_conversations',
  text: `
with
due as (
  select c.id from conversations c
  where c.tenant_id = $1 and c.status = 'active' and c.last_activity_at < $4::timestamptz and not c.legal_hold
  order by c.last_activity_at
  limit $5::int
  for no key update skip locked
),
ended as (
  update conversations c set status = 'inactive_timeout', ended_at = $2::timestamptz, archived_at = null, updated_at = $2::timestamptz
  from due d where c.tenant_id = $1 and c.id = d.id
  returning c.id, c.user_id
),
noted as (${stamped(`select x.id, x.user_id, 1 as at, 'active' as before, 'inactive_timeout' as after from ended x`)}
)
select count(*)::int as count from ended`,
};

const archiving = (due: string, ending: string): string => `
with
due as (
${due}
),
archived as (
  update conversations c set
    status = 'archived', ended_at = case when d.status = 'active' then $2::timestamptz else c.ended_at end,
    archived_at = $2::timestamptz, updated_at = $2::timestamptz
  from due d where c.tenant_id = $1 and c.id = d.id
  returning c.id, c.user_id, d.status
),
noted as (${stamped(`
    select a.id, a.user_id, 1 as at, a.status as before, '${ending}' as after from archived a where a.status = 'active'
    union all
    select a.id, a.user_id, 2, case when a.status = 'active' then '${ending}' else a.status end, 'archived' from archived a`)}
)
select count(*)::int as count from archived`;

/**
 * Archives conversations without activity since $4, at most $5. One that is still active ends first: two steps, and an event for
 * each. Plan: `conversations_status_idx`, a range for each status.
 */
export const archiveIdleConversations: Statement = {
  name: 'archive_idle_conversations',
  text: archiving(
    `  select c.id, c.status from conversations c
  where c.tenant_id = $1 and c.last_activity_at < $4::timestamptz and not c.legal_hold
    and c.status in ('active', 'inactive_timeout', 'inactive_user_terminated', 'inactive_system_terminated')
  limit $5::int
  for no key update skip locked`,
    'inactive_timeout',
  ),
};

/** Archives the oldest active conversations, at most $5, as long as there are more than $4. Plan: `conversations_status_idx`. */
export const archiveSurplusConversations: Statement = {
  name: 'archive_surplus_conversations',
  text: archiving(
    `  select c.id, c.status from conversations c
  where c.tenant_id = $1 and c.status = 'active' and not c.legal_hold
  order by c.last_activity_at, c.id
  limit least($5::int, greatest(0,
    (select count(*) from conversations n where n.tenant_id = $1 and n.status = 'active') - $4::bigint))
  for no key update skip locked`,
    'inactive_system_terminated',
  ),
};

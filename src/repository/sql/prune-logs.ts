import type { Statement } from '../../db/database.js';
import { heldConversations } from './prune-messages.js';

/**
 * Removes the next $5 events before $2 after the place ($3, $4), those of conversations under legal hold aside; answers the place
 * after them. There is no index by time, which every message would have to pay for: readers' order is nearly the order of time,
 * so what is due stands at the beginning. Plan: a range of `message_events_pk`; after the last that is due, one walk to the end.
 */
export const pruneEvents: Statement = {
  name: 'prune_events',
  text: `
with
due as (
  select e.xact_id, e.event_seq from message_events e
  where e.tenant_id = $1 and (e.xact_id, e.event_seq) > ($3::bigint, $4::bigint) and e.occurred_at < $2::timestamptz
    and e.conversation_id not in (${heldConversations})
  order by e.xact_id, e.event_seq
  limit $5::int
),
gone as (
  delete from message_events e using due d
  where e.tenant_id = $1 and e.xact_id = d.xact_id and e.event_seq = d.event_seq
  returning 1
)
select (select count(*)::int from gone) as count,
       (select d.xact_id::text from due d order by d.xact_id desc, d.event_seq desc limit 1) as "xactId",
       (select d.event_seq::text from due d order by d.xact_id desc, d.event_seq desc limit 1) as "eventSeq"`,
};

/** Removes the oldest attempts to sign in before $2, at most $3. Plan: `user_login_attempts_attempted_at_idx`. */
export const pruneLoginAttempts: Statement = {
  name: 'prune_login_attempts',
  text: `
with gone as (
  delete from user_login_attempts a
  where a.tenant_id = $1 and a.id in (
    select d.id from user_login_attempts d where d.tenant_id = $1 and d.attempted_at < $2::timestamptz order by d.attempted_at limit $3::int)
  returning 1
)
select count(*)::int as count from gone`,
};

import type { Statement } from '../../db/database.js';
import { memoryIsVisible } from './memory-visibility.js';
import { messageIsOwned } from './message-visibility.js';

/** So many of a time that is asked about come in without a word of the query. */
const MOST = 100;
/** Of memories, these many that were stored last are looked through: when something happened has no index. */
const LATEST = 2000;

const isOfTime = (moment: string): string =>
  `exists (select from unnest($3::timestamptz[], $4::timestamptz[]) r(first, last) where ${moment} >= r.first and ${moment} < r.last)`;
const wanted = `m.deleted_at is null and ($6::text[] is null or m.role = any($6::text[])) and ($7::timestamptz is null or m.created_at >= $7)
    and ($8::timestamptz is null or m.created_at <= $8) and ($9::uuid is null or m.id <= $9::uuid)`;

/** The latest messages of the times $3 to $4, of the tenant or a user ($2). Plan: a walk along `messages_created_at_idx` for each time. */
export const messagesOfTime: Statement = {
  name: 'messages_of_time',
  text: `
select m.id
from unnest($3::timestamptz[], $4::timestamptz[]) r(first, last)
cross join lateral (
  select m.id, m.created_at from messages m
  where m.tenant_id = $1 and m.created_at >= r.first and m.created_at < r.last
    and ${messageIsOwned}
    and ($5::uuid is null or m.conversation_id = $5::uuid) and ${wanted}
  order by m.created_at desc, m.id desc
  limit ${MOST}
) m
order by m.created_at desc, m.id desc
limit ${MOST}`,
};

/** The same in one conversation ($5), or of a user who has little. Plan: `messages_seq_key` through each conversation. */
export const ownMessagesOfTime: Statement = {
  name: 'own_messages_of_time',
  text: `
select m.id
from conversations c
cross join lateral (select m.* from messages m where m.tenant_id = $1 and m.conversation_id = c.id offset 0) m
where c.tenant_id = $1 and ($2::uuid is null or c.user_id = $2::uuid) and ($5::uuid is null or c.id = $5::uuid)
  and ${isOfTime('m.created_at')} and ${wanted}
order by m.created_at desc, m.id desc
limit ${MOST}`,
};

/**
 * Memories of the times $3 to $4 among those stored last, of the tenant or a user ($2), of those a reader sees ($5 to $8). Plan:
 * `episodic_memories_created_at_idx`, or `episodic_memories_user_id_idx` for one user, stopped by the limit.
 */
export const memoriesOfTime: Statement = {
  name: 'memories_of_time',
  text: `
select m.id
from (
  select m.* from episodic_memories m
  where m.tenant_id = $1 and ($2::uuid is null or m.user_id = $2::uuid) and ($9::uuid is null or m.id <= $9::uuid)
  order by m.created_at desc, m.id desc
  limit ${LATEST}
) m
where ${isOfTime('coalesce(m.occurred_at, m.valid_from, m.created_at)')}
  and ${memoryIsVisible({ now: '$5', asOf: '$6', includeSuperseded: '$7', includeExpired: '$8' })}
order by coalesce(m.occurred_at, m.valid_from, m.created_at) desc, m.id desc
limit ${MOST}`,
};

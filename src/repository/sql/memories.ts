import type { Statement } from '../../db/database.js';
import { WHOLE_TENANT } from './corpus-documents.js';
import { memoryIsVisible } from './memory-visibility.js';
import { INDEXED_CHARACTERS } from './save-turn.js';

/** The columns of a MemoryRecord; expects `memorySource`. */
const memoryColumns = `
  m.id, m.kind, m.title, m.content, m.tags, m.importance, m.source, m.confidence, u.external_id as "user",
  m.conversation_id as "conversationId", m.message_ids as "messageIds", m.occurred_at as "occurredAt", m.valid_from as "validFrom",
  m.valid_to as "validTo", m.expires_at as "expiresAt", m.supersedes_id as "supersedesId", m.superseded_by_id as "supersededById",
  m.client_id as "clientId", m.metadata, m.created_at as "createdAt", m.updated_at as "updatedAt", m.deleted_at as "deletedAt"`;

export const memorySource = 'episodic_memories m left join users u on u.tenant_id = m.tenant_id and u.id = m.user_id';

const ofReader = 'm.tenant_id = $1 and ($2::uuid is null or m.user_id = $2::uuid)';

/** Whose a memory is, as the unique indexes have it: null is no part of a key. */
export const ownerOf = (user: string): string => `coalesce(${user}, '${WHOLE_TENANT}'::uuid)`;

/** Memories by id ($3), in that order. Deleted ones too: the caller decides. */
export const findMemories: Statement = {
  name: 'find_memories',
  text: `
select ${memoryColumns.trim()}
from unnest($3::uuid[]) with ordinality i(id, at) join ${memorySource} on m.id = i.id
where ${ofReader}
order by i.at`,
};

/**
 * Memories a reader sees ($4 to $7), the latest stored first, after the place ($13, $14), at most $15.
 *
 * Plan: `episodic_memories_created_at_idx`, or `episodic_memories_user_id_idx` for one user, walked from the newest and
 * stopped by the limit.
 */
export const listMemories: Statement = {
  name: 'list_memories',
  asOwner: true,
  text: `
select ${memoryColumns.trim()}
from ${memorySource}
where ${ofReader}
  and ($3::text is null or m.user_id = (select id from users where tenant_id = $1 and external_id = $3))
  and ${memoryIsVisible({ now: '$4', asOf: '$5', includeSuperseded: '$6', includeExpired: '$7' })}
  and ($8::text[] is null or m.kind = any($8::text[]))
  and ($9::text[] is null or m.tags && $9::text[])
  and ($10::text[] is null or m.tags @> $10::text[])
  and ($11::uuid is null or m.conversation_id = $11::uuid)
  and ($12::text is null or concat_ws(' ', m.title, m.content) ilike $12)
  and ($13::timestamptz is null or (m.created_at, m.id) < ($13::timestamptz, $14::uuid))
order by m.created_at desc, m.id desc
limit $15::int`,
};

/** What a new memory refers to, as far as the caller may see it: the user $3, the conversation $4, the messages $5. */
export const findEvidence: Statement = {
  name: 'find_evidence',
  text: `
with said as (
  select m.id, m.conversation_id, c.user_id
  from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
  where m.tenant_id = $1 and m.id = any($5::uuid[]) and m.deleted_at is null and ($2::uuid is null or c.user_id = $2::uuid)
)
select (select u.id from users u where u.tenant_id = $1 and u.external_id = $3) as "namedId",
       c.id is not null as "conversationFound", c.user_id as "ownerId",
       array(select s.id from said s) as "messageIds",
       array(select distinct s.conversation_id from said s) as "conversationIds",
       array(select distinct s.user_id from said s where s.user_id is not null) as "ownerIds"
from (select) one
left join conversations c on c.tenant_id = $1 and c.id = $4::uuid and ($2::uuid is null or c.user_id = $2::uuid)`,
};

/**
 * The memory of a user ($2) that has the client id $3; else the one in force with the content hash $4, locked, because it may
 * be about to be replaced.
 *
 * Plan: a probe each of `episodic_memories_client_id_key` and `episodic_memories_content_hash_key`.
 */
export const findKnownMemory: Statement = {
  name: 'find_known_memory',
  text: `
select m.id, m.content, m.client_id is not distinct from $3::text and $3::text is not null as "byClientId",
       m.deleted_at is null and m.superseded_by_id is null as "inForce", m.superseded_by_id as "supersededById",
       m.valid_to as "validTo", m.expires_at as "expiresAt"
from episodic_memories m
where m.tenant_id = $1 and ${ownerOf('m.user_id')} = ${ownerOf('$2::uuid')}
  and (m.client_id = $3::text or (m.content_hash = $4 and m.deleted_at is null and m.superseded_by_id is null))
order by "byClientId" desc
limit 1
for update of m`,
};

/** The memory that a caller wants to replace, locked. */
export const lockMemory: Statement = {
  name: 'lock_memory',
  text: `
select m.id, m.user_id as "ownerId", m.superseded_by_id as "supersededById", m.valid_from as "validFrom", m.occurred_at as "occurredAt"
from episodic_memories m
where ${ofReader} and m.id = $3::uuid and m.deleted_at is null
for update of m`,
};

/** The newest of those that have taken the place of a memory ($2), one after the other. */
export const findNewest: Statement = {
  name: 'find_newest_memory',
  text: `
with recursive later as (
  select m.id, m.superseded_by_id from episodic_memories m where m.tenant_id = $1 and m.id = $2::uuid
  union
  select n.id, n.superseded_by_id from later l join episodic_memories n on n.tenant_id = $1 and n.id = l.superseded_by_id
)
select l.id from later l where l.superseded_by_id is null`,
};

const closing = (by: string, boundary: string, now: string): string => `
  superseded_by_id = ${by}, valid_to_before = m.valid_to, updated_at = ${now}::timestamptz,
  valid_to = least(m.valid_to, greatest(coalesce(m.valid_from, m.occurred_at), ${boundary}::timestamptz))`;

/** Ends the valid time of memories ($2) where that of the one in their place ($3) begins ($4), but not before their own beginning. */
export const supersedeMemories: Statement = {
  name: 'supersede_memories',
  text: `
update episodic_memories m set ${closing('$3::uuid', '$4', '$5').trim()}
where m.tenant_id = $1 and m.id = any($2::uuid[]) and m.superseded_by_id is null
returning m.id`,
};

/** Says on a memory ($2) that was there before which one ($3) it has replaced. */
export const noteSuperseded: Statement = {
  name: 'note_superseded',
  text: 'update episodic_memories m set supersedes_id = $3::uuid where m.tenant_id = $1 and m.id = $2::uuid and m.supersedes_id is null',
};

/**
 * Stores a memory; nothing where somebody else has just stored the same. One with the same content that is over ($23) makes
 * way in the same statement: the insert reads what the update returns, so it comes second, and the index lets it in.
 */
export const insertMemory: Statement = {
  name: 'insert_memory',
  text: `
with
language as (select t.text_search_config::regconfig as config from tenants t where t.id = $1),
closed as (
  update episodic_memories m set ${closing('$2::uuid', '$24', '$22').trim()}
  where m.tenant_id = $1 and m.id = $23::uuid
  returning m.id
),
stored as (
  insert into episodic_memories (
  tenant_id, id, user_id, conversation_id, message_ids, kind, title, content, content_hash, tags, importance, source, confidence, metadata,
  client_id, occurred_at, valid_from, valid_to, supersedes_id, expires_at, search, created_at, updated_at)
select $1, $2::uuid, $3::uuid, $4::uuid, $5::uuid[], $6, $7, $8, $9, $10::text[], $11::real, $12, $13::real, $14::jsonb,
       $15, $16::timestamptz, $17::timestamptz, $18::timestamptz, coalesce($19::uuid, c.id), $20::timestamptz,
       to_tsvector(l.config, normalize(left(concat_ws(' ', $7::text, $8::text, $21::text), ${INDEXED_CHARACTERS}))), $22::timestamptz, $22::timestamptz
from language l left join closed c on true
  on conflict do nothing
  returning id
)
select id from stored`,
};

/** How much of their words two memories share (shared by all, Jaccard) before they are called similar. */
const SIMILAR = 0.5;
/** The words of a long memory that candidates are looked up by: the rarest. */
const PROBES = 32;
/** No memory is compared with more than this. */
const COMPARED = 300;

/**
 * Memories of the same user, in force, that share at least ${SIMILAR} of their words with the memory $2, the most similar first, at
 * most $4. Two sets of which one has n words can only be that similar when they share one of its n - ceil(${SIMILAR} n) + 1 rarest, so
 * those are looked up and no others.
 *
 * Plan: a bitmap scan of `episodic_memories_search_idx`, stopped at ${COMPARED} rows.
 */
export const similarMemories: Statement = {
  name: 'similar_memories',
  asOwner: true,
  text: `
with
subject as (select s.id, s.user_id, s.search from episodic_memories s where s.tenant_id = $1 and s.id = $2::uuid),
word as (
  select w.lexeme, count(*) over () as total,
         row_number() over (order by coalesce(k.documents, 0), length(w.lexeme) desc, w.lexeme) as rarity
  from subject s cross join unnest(s.search) w
  left join corpus_terms k
    on k.tenant_id = $1 and k.source = 'memory' and k.scope_id = ${ownerOf('s.user_id')} and k.lexeme = w.lexeme
),
probe as (
  select string_agg('''' || replace(replace(w.lexeme, '\\', '\\\\'), '''', '''''') || '''', ' | ')::tsquery as query
  from word w where w.rarity <= least(${PROBES}, w.total - ceil(${SIMILAR} * w.total) + 1)
),
candidate as (
  select c.* from probe p cross join lateral (
    select m.id, m.search from episodic_memories m
    where m.tenant_id = $1 and m.search @@ p.query
      and ${ownerOf('m.user_id')} = ${ownerOf('(select user_id from subject)')}
      and m.id <> $2::uuid and ${memoryIsVisible({ now: '$3', asOf: 'null', includeSuperseded: 'false', includeExpired: 'false' })}
    limit ${COMPARED}
  ) c
),
compared as (
  select c.id, (select count(*) from word w where w.lexeme = any(tsvector_to_array(c.search)))::float8 as shared,
         (select count(*) from word)::float8 + length(c.search) as sum
  from candidate c
)
select ${memoryColumns.trim()}, c.shared / (c.sum - c.shared) as similarity
from compared c join ${memorySource} on m.tenant_id = $1 and m.id = c.id
where c.shared / (c.sum - c.shared) >= ${SIMILAR}
order by similarity desc, m.created_at desc, m.id desc
limit $4::int`,
};

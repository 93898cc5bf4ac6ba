import type { Statement } from '../../db/database.js';
import { ownerOf } from './memories.js';
import { memoryIsHeld } from './prune-memories.js';

const sameOwner = (a: string, b: string): string => `${ownerOf(`${a}.user_id`)} = ${ownerOf(`${b}.user_id`)}`;

/**
 * Ids of memories by id ($3) or filter, the latest first, at most $13, with how many there are in all. $4 chooses deleted
 * ones, others, or both.
 *
 * Plan: `episodic_memories_pk` for ids; else the smallest of the indexes on user, tags, words and time.
 */
export const pickMemories: Statement = {
  name: 'pick_memories',
  asOwner: true,
  text: `
select m.id, count(*) over ()::int as total
from episodic_memories m
where m.tenant_id = $1 and ($2::uuid is null or m.user_id = $2::uuid)
  and ($3::uuid[] is null or m.id = any($3::uuid[]))
  and ($4::boolean is null or (m.deleted_at is not null) = $4::boolean)
  and ($5::text is null or m.user_id = (select id from users where tenant_id = $1 and external_id = $5))
  and ($6::text[] is null or m.kind = any($6::text[]))
  and ($7::text[] is null or m.tags && $7::text[])
  and ($8::text[] is null or m.tags @> $8::text[])
  and ($9::uuid is null or m.conversation_id = $9::uuid)
  and ($10::timestamptz is null or coalesce(m.occurred_at, m.created_at) >= $10)
  and ($11::timestamptz is null or coalesce(m.occurred_at, m.created_at) < $11)
  and ($12::text is null or m.search @@ (
    select plainto_tsquery(t.text_search_config::regconfig, $12) from tenants t where t.id = $1))
order by m.id desc
limit $13::int`,
};

/**
 * The memories $2 as they stand now, locked in the order of their ids, so that two callers never wait for each other in a circle:
 * with the one in their place, and whether their conversation is under legal hold.
 */
export const lockMemories: Statement = {
  name: 'lock_memories',
  text: `
select m.id, m.user_id as "ownerId", left(coalesce(m.title, m.content), 120) as excerpt, m.deleted_at is not null as deleted,
       m.superseded_by_id as "supersededById",
       ${memoryIsHeld('m')} as held
from episodic_memories m
where m.tenant_id = $1 and m.id = any($2::uuid[])
order by m.id
for update of m`,
};

export const softDeleteMemories: Statement = {
  name: 'soft_delete_memories',
  text: `
update episodic_memories m set deleted_at = $3::timestamptz, updated_at = $3::timestamptz
where m.tenant_id = $1 and m.id = any($2::uuid[])`,
};

/**
 * Which of the memories $2 cannot come back, each with the one in force that says the same, those that make way ($3) aside. Of
 * several with the same content the latest comes back.
 */
export const findTaken: Statement = {
  name: 'find_taken_memories',
  text: `
select d.id, coalesce(l.id, d.latest_id) as "byId"
from (
  select m.*, first_value(m.id) over (partition by m.user_id, m.content_hash order by m.id desc) as latest_id
  from episodic_memories m
  where m.tenant_id = $1 and m.id = any($2::uuid[]) and (m.superseded_by_id is null or m.deleted_at is null)
) d
left join episodic_memories l
  on l.tenant_id = $1 and ${sameOwner('l', 'd')} and l.content_hash = d.content_hash and l.deleted_at is null and l.superseded_by_id is null
  and l.id <> all($3::uuid[])
where l.id is not null or d.latest_id <> d.id`,
};

export const undeleteMemories: Statement = {
  name: 'undelete_memories',
  text: `
update episodic_memories m set deleted_at = null, updated_at = $3::timestamptz
where m.tenant_id = $1 and m.id = any($2::uuid[])`,
};

/**
 * Puts the newest ($3) behind the memory ($2) whose place it took. If it had come to replace that one, it was never true: its valid
 * time ends where it begins. Else the memory comes back as the later of the two, and ends the other's time where its own begins.
 */
export const stepBack: Statement = {
  name: 'step_back_memory',
  text: `
update episodic_memories h set
  superseded_by_id = r.id, valid_to_before = h.valid_to, updated_at = $4::timestamptz,
  valid_to = least(h.valid_to, greatest(coalesce(h.valid_from, h.occurred_at),
    case when h.supersedes_id = r.id then coalesce(h.valid_from, h.occurred_at, $4::timestamptz)
         else coalesce(r.valid_from, r.occurred_at, $4::timestamptz) end))
from episodic_memories r
where h.tenant_id = $1 and h.id = $3::uuid and r.tenant_id = $1 and r.id = $2::uuid`,
};

/** Puts a superseded memory ($2) in force again, with the valid time it had. */
export const putInForce: Statement = {
  name: 'put_memory_in_force',
  text: `
update episodic_memories m set superseded_by_id = null, valid_to = m.valid_to_before, valid_to_before = null, updated_at = $3::timestamptz
where m.tenant_id = $1 and m.id = $2::uuid`,
};

/**
 * Before memories ($2) are removed: those they had replaced are handed to whoever comes next. Where nobody does, they stand for
 * themselves again, ended as they are; of several with the same content only the latest, because it is not stored twice.
 */
export const handOn: Statement = {
  name: 'hand_on_memories',
  text: `
with recursive hop as (
  select d.id as from_id, d.superseded_by_id as to_id from episodic_memories d where d.tenant_id = $1 and d.id = any($2::uuid[])
  union
  select h.from_id, n.superseded_by_id from hop h join episodic_memories n on n.tenant_id = $1 and n.id = h.to_id
  where h.to_id = any($2::uuid[])
),
orphan as (
  select m.id, m.user_id, m.content_hash, m.deleted_at, h.to_id
  from episodic_memories m join hop h on h.from_id = m.superseded_by_id and (h.to_id is null or h.to_id <> all($2::uuid[]))
  where m.tenant_id = $1 and m.superseded_by_id = any($2::uuid[]) and m.id <> all($2::uuid[])
),
heir as (
  select o.id, coalesce(o.to_id, nullif(coalesce(
    (select l.id from episodic_memories l
     where l.tenant_id = $1 and ${sameOwner('l', 'o')} and l.content_hash = o.content_hash and l.deleted_at is null
       and l.superseded_by_id is null and l.id <> all($2::uuid[])),
    first_value(o.id) over (partition by o.user_id, o.content_hash, o.to_id is null order by o.deleted_at nulls first, o.id desc)), o.id)) as by_id
  from orphan o
)
update episodic_memories m set superseded_by_id = e.by_id, updated_at = $3::timestamptz
from heir e where m.tenant_id = $1 and m.id = e.id`,
};

/** Removes memories ($2) for good, with their vectors. */
export const removeMemories: Statement = {
  name: 'remove_memories',
  text: `
with
vectors as (delete from memory_vectors v where v.tenant_id = $1 and v.subject_type = 'memory' and v.subject_id = any($2::uuid[])),
forgotten as (
  update episodic_memories m set supersedes_id = null
  where m.tenant_id = $1 and m.supersedes_id = any($2::uuid[]) and m.id <> all($2::uuid[])
)
delete from episodic_memories m where m.tenant_id = $1 and m.id = any($2::uuid[])`,
};

import type { Statement } from '../../db/database.js';
import { presentOr } from './present.js';
import type { VectorSource } from './vectors.js';

/** Models read the beginning of a text only. */
const CHARACTERS = 2_000;

/** The spaces of a tenant, the newest first. */
export const listSpaces: Statement = {
  name: 'list_embedding_spaces',
  text: `
select s.id, s.provider, s.model, s.dimensions, s.query_prefix as "queryPrefix", s.document_prefix as "documentPrefix", s.covered_at as "coveredAt"
from embedding_spaces s where s.tenant_id = $1
order by s.created_at desc, s.id desc`,
};

/** Makes a space that is not there yet. It follows the events from now on; what is older is found by its walk. */
export const registerSpace: Statement = {
  name: 'register_embedding_space',
  text: `
insert into embedding_spaces (tenant_id, id, provider, model, dimensions, query_prefix, document_prefix)
values ($1, $2::uuid, $3, $4, $5::int, $6, $7)
on conflict (tenant_id, provider, model, dimensions) do update
set query_prefix = excluded.query_prefix, document_prefix = excluded.document_prefix`,
};

/**
 * Takes a space ($2) for $4 seconds, or keeps it, unless somebody else has it; no row then. That spares double work and is
 * no lock: who comes back after its time writes nothing twice, because there is one vector a subject.
 */
export const claimSpace: Statement = {
  name: 'claim_embedding_space',
  text: `
with claimed as (
  update embedding_spaces s set worker_id = $3::uuid, worker_until = now() + make_interval(secs => $4::float8)
  where s.tenant_id = $1 and s.id = $2::uuid and (s.worker_id = $3::uuid or s.worker_until is null or s.worker_until < now())
  returning s.seen, s.walk_after, s.walk_due_at
)
select c.seen, c.walk_after as "walkAfter", c.walk_after is not null or c.walk_due_at <= now() as walking from claimed c`,
};

export const releaseSpace: Statement = {
  name: 'release_embedding_space',
  text: `update embedding_spaces set worker_id = null, worker_until = null where tenant_id = $1 and id = $2::uuid and worker_id = $3::uuid`,
};

/** Where a space stands now: the snapshot whose events it has seen ($3), or where its walk has come to ($4). */
export const moveSpace: Statement = {
  name: 'move_embedding_space',
  text: `
update embedding_spaces s set
  seen = coalesce($3, s.seen), walk_after = coalesce($4::uuid, s.walk_after), updated_at = now()
where s.tenant_id = $1 and s.id = $2::uuid`,
};

/** The walk is at its end; the next begins in $3 seconds. */
export const finishWalk: Statement = {
  name: 'finish_embedding_walk',
  text: `
update embedding_spaces s set
  walk_after = null, walk_due_at = now() + make_interval(secs => $3::float8),
  covered_at = least(s.covered_at, now()), updated_at = now()
where s.tenant_id = $1 and s.id = $2::uuid`,
};

/** Begins the walk anew; from the snapshot $3 where that of the space is of another server, from which this data was restored. */
export const restartWalk: Statement = {
  name: 'restart_embedding_walk',
  text: `
update embedding_spaces s set walk_after = null, walk_due_at = now(),
  seen = coalesce($3, s.seen), updated_at = now()
where s.tenant_id = $1 and s.id = $2::uuid`,
};

/** A memory does not change; a node does, and says when. */
const SUBJECTS: Record<Exclude<VectorSource, 'message'>, { rows: string; fresh: string }> = {
  memory: {
    rows: `select e.id, concat_ws(E'\\n', e.title, e.content) as text, e.content_hash as version, e.updated_at
    from episodic_memories e where e.tenant_id = $1 and e.deleted_at is null`,
    fresh: 'true',
  },
  node: {
    rows: `select n.id, concat_ws(E'\\n', coalesce(n.label, n.key), n.type, (
      select string_agg(o.text, E'\\n' order by o.id) from memory_graph_observations o
      where o.tenant_id = $1 and o.node_id = n.id and o.invalidated_at is null)) as text, n.updated_at::text as version, n.updated_at
    from memory_graph_nodes n where n.tenant_id = $1 and n.invalidated_at is null`,
    fresh: 'v.updated_at >= s.updated_at',
  },
};

const dueSubjects = (source: Exclude<VectorSource, 'message'>): string => `
select s.id, left(s.text, ${CHARACTERS}) as text, s.version
from (${SUBJECTS[source].rows}) s
where s.text <> '' and not exists (
  select from memory_vectors v
  where v.tenant_id = $1 and v.subject_type = '${source}' and v.subject_id = s.id
    and v.provider = $2 and v.model = $3 and v.dimensions = $4::int and ${SUBJECTS[source].fresh})`;

/**
 * Whether there is anything to do in a space ($5): new events, or a walk, or, when $6 asks for it, memories or nodes. It
 * writes nothing, so that waiting costs nothing. Plan: the first row of a range of `message_events_pk`; the rest as in `find_due`.
 */
export const findWork: Statement = {
  name: 'find_embedding_work',
  text: `
select s.walk_after is not null or s.walk_due_at <= clock_timestamp()
    or exists (
      select from message_events e
      where e.tenant_id = $1 and e.xact_id >= pg_snapshot_xmin(s.seen::pg_snapshot)::text::bigint
        and not pg_visible_in_snapshot(e.xact_id::text::xid8, s.seen::pg_snapshot))
    or pg_snapshot_xmax(s.seen::pg_snapshot) > pg_snapshot_xmax(${presentOr('$7')})
    or ($6::boolean and (exists (${dueSubjects('memory')}) or exists (${dueSubjects('node')}))) as work
from embedding_spaces s where s.tenant_id = $1 and s.id = $5::uuid`,
};

const due = (of: string): string => `coalesce((
    select jsonb_agg(jsonb_build_object('id', m.id, 'text', left(m.text, ${CHARACTERS}), 'version', coalesce(m.edited_at::text, '')) order by m.id desc)
    from ${of} p join messages m on m.tenant_id = $1 and m.id = p.id
    where m.deleted_at is null and m.text <> '' and not exists (
      select from message_vectors v
      where v.tenant_id = $1 and v.message_id = m.id and v.provider = $2 and v.model = $3 and v.dimensions = $4::int)), '[]') as due`;

/**
 * What the next $9 events say has changed that the snapshot $5 did not see and the snapshot $6 (or this moment) does, after
 * the place ($7, $8) among them. Who changes a message removes its vectors, so what has none is due. See `poll_events` for why
 * snapshots; `foreign` says that $5 is from another server's future.
 *
 * Plan: a range of `message_events_pk`, and lookups in `messages_pk` and the unique index of the vectors.
 */
export const findChanged: Statement = {
  name: 'find_changed_messages',
  text: `
with
event as materialized (
  select e.xact_id, e.event_seq, e.message_id as id
  from message_events e
  where e.tenant_id = $1 and e.xact_id >= pg_snapshot_xmin($5::pg_snapshot)::text::bigint and (e.xact_id, e.event_seq) > ($7::bigint, $8::bigint)
    and pg_visible_in_snapshot(e.xact_id::text::xid8, coalesce($6::pg_snapshot, ${presentOr('$10')}))
    and not pg_visible_in_snapshot(e.xact_id::text::xid8, $5::pg_snapshot)
  order by e.xact_id, e.event_seq limit $9::int
),
subject as (select distinct e.id from event e where e.id is not null)
select coalesce($6::pg_snapshot, ${presentOr('$10')})::text as upto,
       pg_snapshot_xmax($5::pg_snapshot) > pg_snapshot_xmax(${presentOr('$10')}) as foreign,
       (select count(*)::int from event) as passed, l.xact_id::text as "xactId", l.event_seq::text as "eventSeq", ${due('subject')}
from (select) x left join lateral (select * from event e order by e.xact_id desc, e.event_seq desc limit 1) l on true`,
};

/**
 * The next $6 messages of the walk before $5, newest first, and which of them are due.
 *
 * Plan: a range of `messages_pk` backwards, and a lookup in the unique index of the vectors a message.
 */
export const findOlder: Statement = {
  name: 'find_older_messages',
  text: `
with page as materialized (
  select m.id from messages m where m.tenant_id = $1 and ($5::uuid is null or m.id < $5::uuid) order by m.id desc limit $6::int
)
select (select count(*)::int from page) as passed, (select p.id from page p order by p.id limit 1) as last, ${due('page')}`,
};

/**
 * Up to $6 memories or nodes that are due, but none of $5, newest first.
 *
 * Plan: an anti-join along the primary key and the unique index of the vectors.
 */
export const findDue = (source: Exclude<VectorSource, 'message'>): Statement => ({
  name: `find_due_${source}`,
  text: `${dueSubjects(source)} and s.id <> all($5::uuid[])
order by s.id desc limit $6::int`,
});

/**
 * Keeps others from changing the subjects $2 until the end of the transaction. What is read after this, by a statement of its
 * own, is what the vectors will stand beside: who edits a message locks its conversation first, so that is what is locked here.
 */
export const holdSubjects = (source: VectorSource): Statement => ({
  name: `hold_${source}`,
  text:
    source === 'message'
      ? `
select from conversations c
where c.tenant_id = $1 and c.id in (select m.conversation_id from messages m where m.tenant_id = $1 and m.id = any($2::uuid[]))
order by c.id for key share`
      : `
select from ${source === 'memory' ? 'episodic_memories' : 'memory_graph_nodes'} s
where s.tenant_id = $1 and s.id = any($2::uuid[]) order by s.id for share`,
});

const input = 'unnest($5::uuid[], $6::uuid[], $7::text[], $8::text[]) i(id, subject_id, version, embedding)';

/** Stores the vectors $8 of the subjects $6 that are still what was embedded ($7) and have none yet; answers which they were. */
export const saveVectors = (source: VectorSource): Statement => ({
  name: `save_vectors_${source}`,
  text:
    source === 'message'
      ? `
with held as materialized (
  select m.id, m.conversation_id, coalesce(m.edited_at::text, '') as version
  from messages m where m.tenant_id = $1 and m.id = any($6::uuid[]) and m.deleted_at is null
  for key share
),
source as materialized (
  select i.id, h.id as message_id, h.conversation_id, i.embedding::real[] as embedding
  from ${input} join held h on h.id = i.subject_id and h.version = i.version
),
stored as (
  insert into message_vectors (tenant_id, id, message_id, conversation_id, provider, model, dimensions, embedding)
  select $1, s.id, s.message_id, s.conversation_id, $2, $3, $4::int, s.embedding from source s
  on conflict (tenant_id, message_id, provider, model, dimensions, vector_key) do nothing
  returning message_id as id
)
select id from stored`
      : `
with source as materialized (
  select i.id, s.id as subject_id, i.embedding::real[] as embedding, greatest(clock_timestamp(), s.updated_at) as updated_at
  from ${input} join (${SUBJECTS[source].rows}) s on s.id = i.subject_id and s.version = i.version
),
stored as (
  insert into memory_vectors (tenant_id, id, subject_type, subject_id, provider, model, dimensions, embedding, updated_at)
  select $1, s.id, '${source}', s.subject_id, $2, $3, $4::int, s.embedding, s.updated_at from source s
  on conflict (tenant_id, subject_type, subject_id, provider, model, dimensions, vector_key) do update
  set embedding = excluded.embedding, updated_at = excluded.updated_at
  returning subject_id as id
)
select id from stored`,
});

/** How many vectors a space ($2, $3, $4) has. Plan: `message_vectors_model_idx` and `memory_vectors_model_idx`. */
export const countVectors: Statement = {
  name: 'count_space_vectors',
  text: `
select (select count(*)::int from message_vectors v where v.tenant_id = $1 and v.provider = $2 and v.model = $3 and v.dimensions = $4::int) as messages,
       (select count(*)::int from memory_vectors v where v.tenant_id = $1 and v.provider = $2 and v.model = $3 and v.dimensions = $4::int) as memories`,
};

/** Removes up to $5 vectors of a space. */
export const pruneVectors = (table: 'message_vectors' | 'memory_vectors'): Statement => ({
  name: `prune_${table}`,
  text: `
delete from ${table} d where d.tenant_id = $1 and d.id in (
  select v.id from ${table} v where v.tenant_id = $1 and v.provider = $2 and v.model = $3 and v.dimensions = $4::int limit $5::int)
returning d.id`,
});

/** From now on the space answers no queries. */
export const retireSpace: Statement = {
  name: 'retire_embedding_space',
  text: 'update embedding_spaces set covered_at = null where tenant_id = $1 and id = $2::uuid',
};

export const dropSpace: Statement = {
  name: 'drop_embedding_space',
  text: 'delete from embedding_spaces where tenant_id = $1 and id = $2::uuid and worker_id = $3::uuid',
};

import type { Statement } from '../../db/database.js';
import { WHOLE_TENANT } from './corpus-documents.js';

export type VectorSource = 'message' | 'memory' | 'node';

/** How the cosine of a stored vector and a query is computed: by pgvector, or by plain arithmetic, ten times slower. */
export type Arithmetic = 'pgvector' | 'plain';

/** A database without pgvector looks at no more than so many vectors for one query: the newest. */
const MAX_COMPARED = 5_000;

const cosine = (arithmetic: Arithmetic, query: string): string =>
  arithmetic === 'pgvector'
    ? `1 - (v.embedding::vector <=> ${query}::real[]::vector)`
    : `(select sum(e.a::float8 * e.b) / nullif(sqrt(sum(e.a::float8 * e.a)) * sqrt(sum(e.b::float8 * e.b)), 0)
       from unnest(v.embedding, ${query}::real[]) e(a, b))`;

/** Of one space: the provider $2, model $3 and width $4. */
const inSpace = 'v.tenant_id = $1 and v.provider = $2 and v.model = $3 and v.dimensions = $4::int';

/**
 * Cosines of the query $5 with the subjects $6, those without a vector left out; the best of several vectors counts.
 *
 * Plan: a lookup in the unique index of the vectors a subject.
 */
export const readCosines = (source: VectorSource, arithmetic: Arithmetic): Statement => ({
  name: `cosines_${source}_${arithmetic}`,
  text: `
select s.id, v.cosine
from unnest($6::uuid[]) s(id)
cross join lateral (
  select max(${cosine(arithmetic, '$5')}) as cosine
  from ${source === 'message' ? 'message_vectors' : 'memory_vectors'} v
  where ${inSpace} and ${source === 'message' ? 'v.message_id = s.id' : `v.subject_type = '${source}' and v.subject_id = s.id`}
) v
where v.cosine is not null`,
});

/** Conditions on a vector of a message: user $7, conversation $8, external user $9, roles $10, from $11 to $12, its metadata $13. */
const messageFilter = `
  ($7::uuid is null or v.conversation_id in (select c.id from conversations c where c.tenant_id = $1 and c.user_id = $7::uuid))
  and ($8::uuid is null or v.conversation_id = $8::uuid)
  and ($9::text is null or v.conversation_id in (
    select c.id from conversations c join users u on u.tenant_id = c.tenant_id and u.id = c.user_id
    where c.tenant_id = $1 and u.external_id = $9))
  and (($10::text[] is null and $11::timestamptz is null and $12::timestamptz is null) or exists (
    select from messages m where m.tenant_id = $1 and m.id = v.message_id and ($10::text[] is null or m.role = any($10::text[]))
      and ($11::timestamptz is null or m.created_at >= $11) and ($12::timestamptz is null or m.created_at <= $12)))
  and ($13::jsonb is null or v.metadata @> $13::jsonb)`;

/** The same for a vector of a memory or a node; neither has a role, and nodes belong to no conversation. */
const memoryFilter = (source: VectorSource): string => `
  v.subject_type = '${source}' and $10::text[] is null and ($13::jsonb is null or v.metadata @> $13::jsonb)
  and ${
    source === 'memory'
      ? `exists (
    select from episodic_memories e where e.tenant_id = $1 and e.id = v.subject_id
      and ($7::uuid is null or e.user_id = $7::uuid) and ($8::uuid is null or e.conversation_id = $8::uuid)
      and ($9::text is null or e.user_id = (select u.id from users u where u.tenant_id = $1 and u.external_id = $9))
      and ($11::timestamptz is null or coalesce(e.occurred_at, e.created_at) >= $11)
      and ($12::timestamptz is null or coalesce(e.occurred_at, e.created_at) <= $12))`
      : `$8::uuid is null and $9::text is null
  and $11::timestamptz is null and $12::timestamptz is null
  and exists (select from memory_graph_nodes n where n.tenant_id = $1 and n.id = v.subject_id
    and n.owner_id = coalesce($7::uuid, '${WHOLE_TENANT}') and n.invalidated_at is null)`
  }`;

const EXISTING: Record<VectorSource, string> = {
  message: 'exists (select from messages m where m.tenant_id = $1 and m.id = v.id and m.deleted_at is null)',
  memory: 'exists (select from episodic_memories e where e.tenant_id = $1 and e.id = v.id and e.deleted_at is null)',
  node: 'true',
};

const table = (source: VectorSource): string => (source === 'message' ? 'message_vectors' : 'memory_vectors');
const subject = (source: VectorSource): string => (source === 'message' ? 'v.message_id' : 'v.subject_id');
const filter = (source: VectorSource): string => (source === 'message' ? messageFilter : memoryFilter(source));

/** What is deleted is dropped after the cut, so that no lookup is made for what is far off; the caller asks for more when too few are left. */
const nearest = (source: VectorSource, inner: string): string => `
select v.id, v.cosine, v.metadata, v.taken
from (select v.*, (count(*) over ())::int as taken from (${inner}) v) v
where v.cosine is not null and v.cosine <> 'NaN' and ${EXISTING[source]}
order by v.cosine desc, v.id`;

/**
 * The $6 subjects nearest to the query $5, compared one by one.
 *
 * Plan: `message_vectors_model_idx` or `message_vectors_conversation_id_idx` and a top-n sort; without pgvector the primary
 * key from its newest end, stopped at ${MAX_COMPARED} vectors.
 */
export const findNearest = (source: VectorSource, arithmetic: Arithmetic): Statement => {
  const all = `select * from ${table(source)} v where ${inSpace} and ${filter(source)}`;
  const compared = arithmetic === 'pgvector' ? `(${all}) v` : `(${all} order by v.id desc limit ${MAX_COMPARED}) v`;
  return {
    name: `nearest_${source}_${arithmetic}`,
    text: nearest(
      source,
      `select ${subject(source)} as id, ${cosine(arithmetic, '$5')} as cosine, v.metadata from ${compared}
  order by cosine desc nulls last limit $6::int`,
    ),
  };
};

/** The same by the index that was made for one space; its literals are those of the index, or it would not be used. */
export const findNearestByIndex = (source: VectorSource, { name, predicate, expression, type }: VectorIndex): Statement => ({
  name: `nearest_${name}`,
  text: nearest(
    source,
    `select ${subject(source)} as id, 1 - (${expression} <=> $5::real[]::${type}) as cosine, v.metadata from ${table(source)} v
  where ${predicate} and v.tenant_id = $1 and $2::text is not null and $3::text is not null and $4::int > 0 and ${filter(source)}
  order by ${expression} <=> $5::real[]::${type} limit $6::int`,
  ),
});

/** `predicate` and `expression` are those of `definition`, for a table called v. */
export type VectorIndex = Readonly<{ name: string; type: string; expression: string; predicate: string; definition: string }>;

/** What the database has of pgvector, and whether the index $1 is there and usable. */
export const findVectorIndex: Statement = {
  name: 'find_vector_index',
  text: `
select (select e.extversion from pg_extension e where e.extname = 'vector') as version,
       (select x.indisvalid from pg_class c join pg_index x on x.indexrelid = c.oid
        where c.relname = $1 and c.relnamespace = current_schema()::regnamespace) as valid`,
};

/** How many vectors a space ($2, $3, $4) has, counted no further than $5. Plan: `message_vectors_model_idx`, `memory_vectors_model_idx`. */
export const countUpTo = (source: VectorSource): Statement => ({
  name: `count_${source}_vectors_up_to`,
  text: `select count(*)::int as count from (select from ${table(source)} v where ${inSpace} limit $5::int) v`,
});

import type { Statement } from '../../db/database.js';

type Kind = 'message' | 'memory';

const VISIBLE: Record<Kind, string> = {
  message: `messages s join conversations c on c.tenant_id = s.tenant_id and c.id = s.conversation_id
  where s.tenant_id = $1 and s.deleted_at is null and ($2::uuid is null or c.user_id = $2::uuid)`,
  memory: `episodic_memories s where s.tenant_id = $1 and s.deleted_at is null and ($2::uuid is null or s.user_id = $2::uuid)`,
};

const TARGET: Record<Kind, { columns: string; values: string; key: string; id: string }> = {
  message: {
    columns: 'message_vectors (tenant_id, id, message_id, conversation_id,',
    values: 's.id, s.conversation_id',
    key: 'message_id',
    id: 'message_id',
  },
  memory: {
    columns: 'memory_vectors (tenant_id, id, subject_type, subject_id,',
    values: `'memory', s.id`,
    key: 'subject_type, subject_id',
    id: 'subject_id',
  },
};

/** Stores vectors of what the user $2 can see; a subject that is not there gets no row in the answer. */
export const upsertVectors = (kind: Kind): Statement => {
  const { columns, values, key, id } = TARGET[kind];
  return {
    name: `upsert_${kind}_vectors`,
    text: `
with held as materialized (
  select s.id, s.conversation_id from ${VISIBLE[kind]} and s.id = any($5::uuid[]) for key share of s
),
source as materialized (
  select i.row_id, i.provider, i.model, i.vector_key, i.embedding::real[] as embedding, i.metadata::jsonb as metadata, s.*
  from unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
    i(row_id, subject_id, provider, model, vector_key, embedding, metadata)
  join held s on s.id = i.subject_id
),
stored as (
  insert into ${columns} provider, model, vector_key, dimensions, embedding, metadata, created_at, updated_at)
  select $1, s.row_id, ${values}, s.provider, s.model, s.vector_key, cardinality(s.embedding), s.embedding, s.metadata, $3::timestamptz, $3::timestamptz
  from source s
  on conflict (tenant_id, ${key}, provider, model, dimensions, vector_key) do update
  set embedding = excluded.embedding, metadata = excluded.metadata, updated_at = excluded.updated_at
  returning id, ${id} as "subjectId", id = any($4::uuid[]) as created
)
select id, "subjectId", created from stored`,
  };
};

/**
 * Removes, or with $8 only counts, vectors that agents brought: of the subjects $3, the conversation $4, the provider $5, the
 * model $6; never those of our own providers $7.
 */
export const deleteVectors = (kind: Kind): Statement => {
  const { id } = TARGET[kind];
  const table = kind === 'message' ? 'message_vectors' : 'memory_vectors';
  const ofConversation = kind === 'message' ? 'v.conversation_id = $4::uuid' : 's.conversation_id = $4::uuid';
  return {
    name: `delete_${kind}_vectors`,
    text: `
with
found as (
  select v.id from ${table} v join (
    select s.id, s.conversation_id from ${VISIBLE[kind].replace(' and s.deleted_at is null', '')}
  ) s on s.id = v.${id}
  where v.tenant_id = $1 ${kind === 'memory' ? `and v.subject_type = 'memory'` : ''} and v.provider <> all($7::text[])
    and ($3::uuid[] is null or v.${id} = any($3::uuid[])) and ($4::uuid is null or ${ofConversation})
    and ($5::text is null or v.provider = $5) and ($6::text is null or v.model = $6)
),
gone as (delete from ${table} v using found f where v.tenant_id = $1 and v.id = f.id and not $8::boolean)
select count(*)::int as count from found`,
  };
};

const CHARACTERS = 500;

/** What the neighbours of a query are: the subjects $3 as far as the user $2 can see them. */
export const showSubjects = (kind: Kind): Statement => ({
  name: `show_vector_${kind}s`,
  text:
    kind === 'message'
      ? `
select s.id, s.conversation_id as "conversationId", s.seq, s.role, s.author, left(s.text, ${CHARACTERS}) as text,
       length(s.text) > ${CHARACTERS} as truncated, s.created_at as "createdAt"
from ${VISIBLE.message} and s.id = any($3::uuid[])`
      : `
select s.id, s.conversation_id as "conversationId", null::int as seq, null::text as role, null::text as author, left(s.content, ${CHARACTERS}) as text,
       length(s.content) > ${CHARACTERS} as truncated, s.created_at as "createdAt"
from ${VISIBLE.memory} and s.id = any($3::uuid[])`,
});

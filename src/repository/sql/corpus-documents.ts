import type { CorpusSource } from '../../models/corpus-term.js';

export const CORPUS_SOURCES = ['message', 'memory', 'node'] as const satisfies readonly CorpusSource[];

/** Stands where a column names the user whose something is, for what is the tenant's: null is no part of a key. */
export const WHOLE_TENANT = '00000000-0000-0000-0000-000000000000';

/** Who said something is counted like a word: no text search configuration makes a lexeme with a space in it. */
export const AUTHOR = 'author ';

/** When something was said, by which role and for how many tokens, is counted with its words: one more that no text can hold. */
export const SAID = 'on ';

/** The words of a message, its author as one of them, and as another the day (UTC), role and tokens that `message_days` adds up. */
export const messageWords = `tsvector_to_array(m.search) ||
    case when m.author is null then '{}'::text[] else array['${AUTHOR}' || lower(left(m.author, 200))] end
    || array['${SAID}' || to_char(m.created_at at time zone 'UTC', 'YYYY-MM-DD') || ' ' || m.role || ' ' || coalesce(m.input_tokens, 0)
      || ' ' || coalesce(m.output_tokens, 0)]`;

/** A word that begins with `SAID`, taken apart. */
export const saidOn = (word: string): string => `split_part(${word}, ' ', 2)::date`;
export const saidBy = (word: string): string => `split_part(${word}, ' ', 3)`;
export const saidTokens = (word: string): string => `split_part(${word}, ' ', 4)::bigint + split_part(${word}, ' ', 5)::bigint`;

/** The documents of the tenant $1 that can be found, and so are counted: which, whose, of which conversation, and their words. */
export const DOCUMENTS: Record<CorpusSource, string> = {
  message: `
    select m.id, c.user_id, m.conversation_id, ${messageWords} as words
    from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
    where m.tenant_id = $1 and m.deleted_at is null`,
  memory: `
    select m.id, m.user_id, m.conversation_id, tsvector_to_array(m.search) as words
    from episodic_memories m where m.tenant_id = $1 and m.deleted_at is null`,
  node: `
    select n.id, nullif(n.owner_id, '${WHOLE_TENANT}') as user_id, null::uuid as conversation_id, tsvector_to_array(n.search) as words
    from memory_graph_nodes n where n.tenant_id = $1 and n.invalidated_at is null`,
};

/** The same of a message as `DOCUMENTS`: never all conversations for each message, as a plan made while there were few would. */
const ONE: Record<CorpusSource, string> = {
  ...DOCUMENTS,
  message: `
    select m.id, c.user_id, m.conversation_id, ${messageWords} as words
    from messages m
    cross join lateral (select o.user_id from conversations o where o.tenant_id = $1 and o.id = m.conversation_id limit 1) c
    where m.tenant_id = $1 and m.deleted_at is null`,
};

/** The one document with an id that the query around has; the limit keeps every plan from reading all of them instead. */
export const documentOf = (source: CorpusSource, id: string): string => `select d.* from (${ONE[source]}) d where d.id = ${id} limit 1`;

/** All of them, with their source. */
export const allDocuments = CORPUS_SOURCES.map((source) => `select '${source}' as source, d.* from (${DOCUMENTS[source]}) d`).join(
  '\n  union all\n  ',
);

/** Whether a word says something about the length of a text. */
export const isText = (column: string): string => `${column} not like '${AUTHOR}%' and ${column} not like '${SAID}%'`;

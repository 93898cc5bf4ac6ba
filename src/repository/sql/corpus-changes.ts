import type { Statement } from '../../db/database.js';
import type { CorpusSource } from '../../models/corpus-term.js';

/** The documents of each source that can be found, and so are counted: what it is, whose, and its words. */
const DOCUMENTS: Record<CorpusSource, string> = {
  message: `select m.id, c.user_id, m.search, m.conversation_id as parent_id
    from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
    where m.tenant_id = $1 and m.deleted_at is null`,
  memory: `select m.id, m.user_id, m.search, m.conversation_id as parent_id
    from episodic_memories m where m.tenant_id = $1 and m.deleted_at is null`,
  node: `select n.id, null::uuid as user_id, n.search, null::uuid as parent_id from memory_graph_nodes n where n.tenant_id = $1`,
};

/** Says that subjects ($2) of a user ($3) are to be counted as they are when it is done. */
export const countSubjects = (source: CorpusSource): Statement => ({
  name: `count_${source}s`,
  text: `
insert into corpus_changes (tenant_id, source, subject_id, user_id)
select $1, '${source}', s.id, $3::uuid from unnest($2::uuid[]) s(id)`,
});

/**
 * To be run before subjects ($2), or all of a conversation ($3), are changed or removed: the statistics forget their words. A
 * subject not counted yet only loses its place in the queue. If it is being counted at this moment, the delete waits for
 * that, finds its row gone, and takes the words back like those of any counted one.
 */
export const forgetSubjects = (source: CorpusSource): Statement => ({
  name: `forget_${source}s`,
  text: `
with
document as (
  select d.* from (${DOCUMENTS[source]}) d
  where ($2::uuid[] is null or d.id = any($2::uuid[])) and ($3::uuid is null or d.parent_id = $3::uuid)
),
uncounted as (
  delete from corpus_changes x using document d
  where x.tenant_id = $1 and x.source = '${source}' and x.subject_id = d.id and x.removed is null
  returning x.subject_id
)
insert into corpus_changes (tenant_id, source, subject_id, user_id, removed)
select $1, '${source}', d.id, d.user_id, d.search from document d
where not exists (select from uncounted u where u.subject_id = d.id)`,
});

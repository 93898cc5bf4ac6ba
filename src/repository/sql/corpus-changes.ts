import type { Statement } from '../../db/database.js';
import type { CorpusSource } from '../../models/corpus-term.js';
import { DOCUMENTS, documentOf } from './corpus-documents.js';

/** Says that subjects ($2) of a user ($3) are to be counted as they are when it is done. */
export const countSubjects = (source: CorpusSource): Statement => ({
  name: `count_${source}s`,
  text: `
insert into corpus_changes (tenant_id, source, subject_id, user_id)
select $1, '${source}', s.id, $3::uuid from unnest($2::uuid[]) s(id)`,
});

const forget = (name: string, source: CorpusSource, documents: string): Statement => ({
  name,
  text: `
with
document as (
  ${documents}
),
uncounted as (
  delete from corpus_changes x using document d
  where x.tenant_id = $1 and x.source = '${source}' and x.subject_id = d.id and x.removed is null
  returning x.subject_id
)
insert into corpus_changes (tenant_id, source, subject_id, user_id, removed)
select $1, '${source}', d.id, d.user_id, array_to_tsvector(d.words) from document d
where not exists (select from uncounted u where u.subject_id = d.id)`,
});

/**
 * To be run before subjects ($2) are changed or removed: the statistics forget their words. A subject not counted yet only
 * loses its place in the queue. If it is being counted at this moment, the delete waits for that, finds its row gone, and
 * takes the words back like those of any counted one. The words are kept without their places, so that what is removed cannot
 * be read again.
 */
export const forgetSubjects = (source: CorpusSource): Statement =>
  forget(`forget_${source}s`, source, `select d.* from unnest($2::uuid[]) s(id) cross join lateral (${documentOf(source, 's.id')}) d`);

/** The same for all of the conversation $2. */
export const forgetConversation = (source: CorpusSource): Statement =>
  forget(`forget_conversation_${source}s`, source, `select d.* from (${DOCUMENTS[source]}) d where d.conversation_id = $2::uuid`);

import { CORPUS_SOURCES, documentOf, WHOLE_TENANT } from './corpus-documents.js';

/** So many changes that nobody has counted yet are taken into account exactly; what is beyond lags. */
export const MAX_WAITING = 1000;

/** The words of what changed in the `sources` of `scope` and is not counted: `waiting` and `document`, whose sign is -1 for words that went. */
export const waitingDocuments = (sources: string): string => `waiting as materialized (
  select x.source, x.subject_id, x.user_id, x.removed from corpus_changes x, scope s
  where x.tenant_id = $1 and x.source = any(${sources}::text[]) and (s.id = '${WHOLE_TENANT}' or x.user_id = s.id)
  order by x.change_id limit ${MAX_WAITING}
),
document as materialized (
  select d.sign, d.words from scope s, (
    select -1 as sign, w.user_id, tsvector_to_array(w.removed) as words from waiting w where w.removed is not null
    ${CORPUS_SOURCES.map(
      (source) => `union all
    select 1, d.user_id, d.words from waiting w cross join lateral (${documentOf(source, 'w.subject_id')}) d
    where w.source = '${source}' and w.removed is null`,
    ).join('\n    ')}
  ) d where s.id = '${WHOLE_TENANT}' or d.user_id = s.id
)`;

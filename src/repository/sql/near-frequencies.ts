import type { Statement } from '../../db/database.js';
import { waitingDocuments } from './waiting-documents.js';

/**
 * In how many documents of the sources $3 in the corpus $2 each of the lexemes $4 stands, counted or still to be counted.
 * Plan: one scan of `corpus_terms_pk`, and what `readRecall` reads of changes.
 */
export const nearFrequencies: Statement = {
  name: 'near_frequencies',
  text: `
with
scope as materialized (select $2::uuid as id),
${waitingDocuments('$3')}
select f.lexeme, sum(f.documents)::int as documents from (
  select t.lexeme, t.documents from corpus_terms t
  where t.tenant_id = $1 and t.source = any($3::text[]) and t.scope_id = $2::uuid and t.lexeme = any($4::text[])
  union all
  select w.lexeme, d.sign from document d cross join lateral unnest(d.words) w(lexeme) where w.lexeme = any($4::text[])
) f group by f.lexeme having sum(f.documents) > 0`,
};

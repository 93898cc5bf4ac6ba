import type { Statement } from '../../db/database.js';
import { AUTHOR, isText, WHOLE_TENANT } from './corpus-documents.js';
import { MAX_WAITING, waitingDocuments } from './waiting-documents.js';

/**
 * Everything a query has to be read with: what language makes of its words ($3), in how many documents of the sources $6 these
 * lexemes stand, whom it may name, a tsquery of the phrases that must ($7) and must not ($8) occur, and when the newest message
 * was written. Counted is what the principal can read ($2), or what is of the user named ($4).
 *
 * Plan: one scan of `corpus_terms_pk` for all lexemes and the sources that have any; the oldest rows of `corpus_changes` with the
 * documents they name, which are few most of the time; one probe of an index of conversations.
 */
export const readRecall: Statement = {
  name: 'read_recall',
  text: `
with
tenant as (select t.text_search_config as language from tenants t where t.id = $1),
scope as materialized (
  select case when $2::uuid is not null then $2::uuid when $4::text is null then '${WHOLE_TENANT}'::uuid
         else (select u.id from users u where u.tenant_id = $1 and u.external_id = $4) end as id
),
stem as materialized (
  select w.word, tsvector_to_array(to_tsvector(t.language::regconfig, w.word)) as lexemes from tenant t, unnest($3::text[]) w(word)
),
wanted as materialized (select distinct l.lexeme from stem s, unnest(s.lexemes) l(lexeme)),
${waitingDocuments('$6')},
change as materialized (
  select w.lexeme, sum(d.sign)::int as documents from document d cross join lateral unnest(d.words) w(lexeme) group by w.lexeme
),
holding as materialized (
  select t.source, t.documents, t.length from corpus_totals t, scope s
  where t.tenant_id = $1 and t.source = any($6::text[]) and t.scope_id = s.id and t.documents > 0
),
total as (select coalesce(sum(h.documents), 0)::int as documents, coalesce(sum(h.length), 0)::float8 as length from holding h),
counted as (
  select t.lexeme, sum(t.documents)::int as documents from corpus_terms t
  where t.tenant_id = $1 and t.source = any(array(select h.source from holding h)) and t.scope_id = (select s.id from scope s)
    and t.lexeme = any(array(select w.lexeme from wanted w))
  group by t.lexeme
),
frequency as (
  select w.lexeme, coalesce(f.documents, 0) + coalesce(c.documents, 0) as documents
  from wanted w left join counted f on f.lexeme = w.lexeme left join change c on c.lexeme = w.lexeme
),
author as (
  select a.name, sum(a.messages)::int as messages from (
    select substr(t.lexeme, ${AUTHOR.length + 1}) as name, t.documents as messages
    from scope s cross join unnest($3::text[]) w(word)
    cross join lateral (
      (select t.lexeme, t.documents from corpus_terms t
       where t.tenant_id = $1 and t.source = 'message' and t.scope_id = s.id and t.lexeme = '${AUTHOR}' || w.word)
      union all
      (select t.lexeme, t.documents from corpus_terms t
       where t.tenant_id = $1 and t.source = 'message' and t.scope_id = s.id
         and t.lexeme > '${AUTHOR}' || w.word || ' ' and t.lexeme < '${AUTHOR}' || w.word || '!' limit 100)
    ) t
    union all
    select substr(c.lexeme, ${AUTHOR.length + 1}), c.documents from change c where c.lexeme like '${AUTHOR}%'
  ) a group by a.name
),
condition as (
  select phraseto_tsquery(t.language::regconfig, p) as query from tenant t, unnest($7::text[]) p
  union all
  select !! phraseto_tsquery(t.language::regconfig, p) from tenant t, unnest($8::text[]) p
)
select
  t.language, s.id as "scopeId",
  $5::uuid is null or exists (
    select from conversations c where c.tenant_id = $1 and c.id = $5::uuid and (s.id = '${WHOLE_TENANT}' or c.user_id = s.id)) as found,
  (select coalesce(jsonb_object_agg(m.word, m.lexemes), '{}') from stem m) as stems,
  (select coalesce(jsonb_object_agg(f.lexeme, f.documents), '{}') from frequency f where f.documents > 0) as frequencies,
  (select coalesce(jsonb_object_agg(a.name, a.messages), '{}') from author a where a.messages > 0) as authors,
  array(
    select u.display_name from users u
    where u.tenant_id = $1 and (s.id = '${WHOLE_TENANT}' or u.id = s.id)
      and split_part(lower(u.display_name), ' ', 1) = any($3::text[]) limit 100) as users,
  array(
    select h.source from holding h
    union select w.source from waiting w) as present,
  n.documents + coalesce((select sum(d.sign) from document d), 0)::int as documents,
  n.length + coalesce((select sum(c.documents) from change c where ${isText('c.lexeme')}), 0)::float8 as length,
  (select count(*)::int from (
     select from corpus_changes x where x.tenant_id = $1 and x.source = any($6::text[]) and (s.id = '${WHOLE_TENANT}' or x.user_id = s.id)
     limit 1 + greatest(${MAX_WAITING}, n.documents / 5)) x) as waiting,
  case when s.id = '${WHOLE_TENANT}' then (
    select c.last_activity_at from conversations c where c.tenant_id = $1 order by c.last_activity_at desc limit 1)
  else (
    select c.last_activity_at from conversations c where c.tenant_id = $1 and c.user_id = s.id order by c.last_activity_at desc limit 1)
  end as newest,
  (select string_agg('(' || c.query::text || ')', ' & ') from condition c where numnode(c.query) > 0) as condition
from tenant t cross join scope s cross join total n`,
};

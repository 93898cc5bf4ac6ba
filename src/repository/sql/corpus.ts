import type { Statement } from '../../db/database.js';
import { allDocuments, CORPUS_SOURCES, documentOf, isText, SAID, saidBy, saidOn, saidTokens, WHOLE_TENANT } from './corpus-documents.js';

/** One folder at a time, and the next one sees what this one did. Writers take no such lock: theirs are foreign keys. */
export const lockCorpus: Statement = { name: 'lock_corpus', text: 'select id from tenants where id = $1 for no key update' };

/** Each document counts for the tenant, and for its user where it has one. */
const scopes = `cross join lateral (values ('${WHOLE_TENANT}'::uuid), (d.user_id)) s(scope_id) where s.scope_id is not null`;

/** How many documents there are (`sign` 1, or -1 for words that are gone), and how long they are together. */
const totals = `
  select d.source, s.scope_id, sum(d.sign)::int as documents,
         sum(d.sign * (select count(*) from unnest(d.words) w(lexeme) where ${isText('w.lexeme')})) as length
  from document d ${scopes} group by d.source, s.scope_id`;

/** How many messages of which role were said on each day, and their tokens. */
const days = `
  select s.scope_id, ${saidOn('w.word')} as day, ${saidBy('w.word')} as role, sum(d.sign)::int as messages,
         sum(d.sign * (${saidTokens('w.word')}))::bigint as tokens
  from document d cross join lateral unnest(d.words) w(word) ${scopes} and d.source = 'message' and w.word like '${SAID}%'
  group by 1, 2, 3`;

/**
 * Brings the statistics up to date with the oldest $2 changes, after `lockCorpus`. Answers how many there were.
 *
 * A document in the queue cannot change while it is counted: whoever changes it takes its row out of the queue first, and so
 * waits for this statement or makes it skip the document.
 *
 * Words are written in the order of their key: each page of the index is met once, not at random again and again.
 */
export const foldCorpus: Statement = {
  name: 'fold_corpus',
  text: `
with
taken as (
  delete from corpus_changes x
  where x.tenant_id = $1 and x.change_id in (select c.change_id from corpus_changes c where c.tenant_id = $1 order by c.change_id limit $2::int)
  returning x.source, x.subject_id, x.user_id, x.removed
),
document as (
  select t.source, t.user_id, -1 as sign, tsvector_to_array(t.removed) as words from taken t where t.removed is not null
  ${CORPUS_SOURCES.map(
    (source) => `union all
  select t.source, d.user_id, 1, d.words from taken t cross join lateral (${documentOf(source, 't.subject_id')}) d
  where t.source = '${source}' and t.removed is null`,
  ).join('\n  ')}
),
total as (${totals}
),
word as (
  select d.source, s.scope_id, w.lexeme, sum(d.sign)::int as documents
  from document d cross join lateral unnest(d.words) w(lexeme) ${scopes} and w.lexeme not like '${SAID}%'
  group by d.source, s.scope_id, w.lexeme having sum(d.sign) <> 0
),
day as (${days}
),
said as (
  insert into message_days (tenant_id, scope_id, day, role, messages, tokens)
  select $1, d.scope_id, d.day, d.role, d.messages, d.tokens from day d
  on conflict (tenant_id, scope_id, day, role) do update set
    messages = message_days.messages + excluded.messages, tokens = message_days.tokens + excluded.tokens
),
gone as (
  delete from corpus_terms c using word w
  where c.tenant_id = $1 and c.source = w.source and c.scope_id = w.scope_id and c.lexeme = w.lexeme
    and w.documents < 0 and c.documents + w.documents <= 0
),
fewer as (
  update corpus_terms c set documents = c.documents + w.documents
  from word w
  where c.tenant_id = $1 and c.source = w.source and c.scope_id = w.scope_id and c.lexeme = w.lexeme
    and w.documents < 0 and c.documents + w.documents > 0
),
more as (
  insert into corpus_terms (tenant_id, source, scope_id, lexeme, documents)
  select $1, w.source, w.scope_id, w.lexeme, w.documents from word w where w.documents > 0
  order by w.source, w.scope_id, w.lexeme collate "C"
  on conflict (tenant_id, source, scope_id, lexeme) do update set documents = corpus_terms.documents + excluded.documents
),
totals as (
  insert into corpus_totals (tenant_id, source, scope_id, documents, length, updated_at)
  select $1, t.source, t.scope_id, t.documents, t.length, $3::timestamptz from total t
  on conflict (tenant_id, source, scope_id) do update set
    documents = corpus_totals.documents + excluded.documents, length = corpus_totals.length + excluded.length, updated_at = excluded.updated_at
)
select count(*)::int as folded from taken`,
};

/** Counting all there is takes as long as it takes. */
export const takeYourTime: Statement = { name: 'take_your_time', text: 'set local statement_timeout = 0' };

/** Keeps writers out until the end of the transaction. */
export const lockChanges: Statement = { name: 'lock_corpus_changes', text: 'lock table corpus_changes in share row exclusive mode' };

/** The statistics of documents, each with the `sign` 1, of the words that `sampled` lets through. */
const statistics = (documents: string, sampled: string): string => `
document as materialized (
  ${documents}
),
total as (${totals}
),
word as (
  select d.source, s.scope_id, w.lexeme, count(*)::int as documents
  from document d cross join lateral (select w.lexeme from unnest(d.words) w(lexeme) where ${sampled} and w.lexeme not like '${SAID}%') w ${scopes}
  group by d.source, s.scope_id, w.lexeme
),
day as (${days}
)`;

/** Forgets the statistics of a tenant, and what waits to be counted; `countCorpus` makes them anew. */
export const forgetCorpus: Statement = {
  name: 'forget_corpus',
  text: `
with changes as (delete from corpus_changes where tenant_id = $1),
     totals as (delete from corpus_totals where tenant_id = $1),
     days as (delete from message_days where tenant_id = $1)
delete from corpus_terms where tenant_id = $1`,
};

/** The statistics of a tenant from all its documents. */
export const countCorpus: Statement = {
  name: 'count_corpus',
  text: `
with ${statistics(`select 1 as sign, d.* from (${allDocuments}) d`, 'true')},
totals as (
  insert into corpus_totals (tenant_id, source, scope_id, documents, length, updated_at)
  select $1, t.source, t.scope_id, t.documents, t.length, $2::timestamptz from total t
),
said as (
  insert into message_days (tenant_id, scope_id, day, role, messages, tokens)
  select $1, d.scope_id, d.day, d.role, d.messages, d.tokens from day d
),
terms as (
  insert into corpus_terms (tenant_id, source, scope_id, lexeme, documents)
  select $1, w.source, w.scope_id, w.lexeme, w.documents from word w
  order by w.source, w.scope_id, w.lexeme collate "C"
)
select 1`,
};

const sampled = (lexeme: string): string => `hashtext(${lexeme}) & $2::int = 0`;

/** Everything but what waits to be counted, and what waits to be taken back. */
const countedDocuments = `
  select 1 as sign, d.source, d.user_id, d.words from (${allDocuments}) d
  where not exists (
    select from corpus_changes x where x.tenant_id = $1 and x.source = d.source and x.subject_id = d.id and x.removed is null)
  union all
  select 1, x.source, x.user_id, tsvector_to_array(x.removed) from corpus_changes x where x.tenant_id = $1 and x.removed is not null`;

/**
 * How many figures of the statistics differ from what a count of the documents gives, of the words whose hash has none of the
 * bits $2. One statement sees one moment: nobody has to stop writing.
 */
export const verifyCorpus: Statement = {
  name: 'verify_corpus',
  text: `
with ${statistics(countedDocuments, sampled('w.lexeme'))},
known as (select * from corpus_terms t where t.tenant_id = $1 and ${sampled('t.lexeme')})
select (select count(*)::int from corpus_changes x where x.tenant_id = $1) as waiting,
       (select count(*)::int from known) as terms,
       (select count(*)::int from word w
        full join known t on t.source = w.source and t.scope_id = w.scope_id and t.lexeme = w.lexeme
        where t.documents is distinct from w.documents)
     + (select count(*)::int from total w
        full join (select * from corpus_totals t where t.tenant_id = $1) t on t.source = w.source and t.scope_id = w.scope_id
        where (coalesce(t.documents, 0), coalesce(t.length, 0)) <> (coalesce(w.documents, 0), coalesce(w.length, 0)))
     + (select count(*)::int from day w
        full join (select * from message_days t where t.tenant_id = $1) t on t.scope_id = w.scope_id and t.day = w.day and t.role = w.role
        where (coalesce(t.messages, 0), coalesce(t.tokens, 0)) <> (coalesce(w.messages, 0), coalesce(w.tokens, 0))) as wrong`,
};

/** Tenants that have anything to count, and how much of it is counted. */
export const countedTenants: Statement = {
  name: 'counted_tenants',
  text: `
select t.id, coalesce((select sum(c.documents)::int from corpus_totals c where c.tenant_id = t.id and c.scope_id = '${WHOLE_TENANT}'), 0) as documents
from tenants t order by t.id`,
};

export const countedDocumentsOf: Statement = {
  name: 'counted_documents_of',
  text: `
select coalesce(sum(c.documents)::int, 0) as documents from corpus_totals c where c.tenant_id = $1 and c.scope_id = '${WHOLE_TENANT}'`,
};

import type { Statement } from '../../db/database.js';
import { beliefOf } from './graph-moment.js';

/** No word, however common, makes a search look at more nodes than this. */
const MAX_MATCHES = 1000;
export const MAX_FOUND = 500;
const MAX_RANKED = 1000;

const moment = { asOf: '$2', knownAt: '$3' };
const ofGraph = 'n.tenant_id = $1 and n.owner_id = $4::uuid and n.graph = $5';
const wanted = '($7::text[] is null or c.type = any($7::text[]))';

/**
 * Nodes by words: stemmed, and each word of $6 as the beginning of one. A word counts by how rare it is, names before types before
 * what is said of a node; the exact key comes first. Earlier beliefs count, where they are asked for, if a word of today finds their
 * node.
 *
 * Plan: a bitmap scan of `memory_graph_nodes_search_idx` for each word, bounded; a probe of the key.
 */
export const searchGraphWords: Statement = {
  name: 'search_graph_words',
  asOwner: true,
  text: `
with
word as materialized (
  select distinct w.word, coalesce(numnode(q.stemmed) > 0, false) as counts, q.stemmed, q.prefix
  from (select text_search_config::regconfig as config from tenants where id = $1) l, unnest($6::text[]) w(word)
  cross join lateral (
    select plainto_tsquery(l.config, w.word) as stemmed,
           (select to_tsquery('simple', string_agg(quote_literal(x.lexeme) || case when length(x.lexeme) > 1 then ':*' else '' end, ' & '))
            from unnest(to_tsvector('simple', w.word)) x) as prefix
  ) q
),
found as materialized (
  select w.word, m.id, greatest(ts_rank('{0.1, 0.3, 0.6, 1}', m.search, w.stemmed), 0.7 * ts_rank('{0.1, 0.3, 0.6, 1}', m.search, w.prefix)) as rank
  from word w cross join lateral (
    select n.id, n.search from memory_graph_nodes n
    where ${ofGraph} and n.search @@ (w.stemmed || w.prefix) and (n.invalidated_at is null or $3::timestamptz is not null)
    limit ${MAX_MATCHES}
  ) m
  where w.counts
),
rarity as (
  select f.word, ln(1 + ${MAX_MATCHES}::float8 / count(*)) as weight from found f group by f.word
),
ranked as (
  (select f.id, sum(f.rank * r.weight) as score from found f join rarity r on r.word = f.word
   group by f.id order by 2 desc, 1 limit ${MAX_RANKED})
  union all
  select n.id, 1000 from memory_graph_nodes n where ${ofGraph} and n.key = $8
)
select n.id, max(r.score)::float8 as score
from ranked r join memory_graph_nodes n on n.tenant_id = $1 and n.id = r.id
cross join ${beliefOf('n', moment)}
where ${wanted}
group by n.id
order by max(r.score) desc, n.id
limit ${MAX_FOUND}`,
};

/**
 * Nodes whose key or label is spelled nearly like $6, or has it inside. Needs pg_trgm. Plan: a bitmap scan of
 * `memory_graph_nodes_name_idx`.
 */
export const searchGraphNames: Statement = {
  name: 'search_graph_names',
  asOwner: true,
  text: `
select n.id, n.score from (
  select n.*, greatest(word_similarity($6, n.name), similarity($6, n.name))::float8 as score from (
    select n.*, lower(n.key || ' ' || coalesce(n.label, '')) as name from memory_graph_nodes n
    where ${ofGraph} and ($6 <% lower(n.key || ' ' || coalesce(n.label, '')) or lower(n.key || ' ' || coalesce(n.label, '')) % $6)
      and (n.invalidated_at is null or $3::timestamptz is not null)
    limit ${MAX_MATCHES}
  ) n
) n
cross join ${beliefOf('n', moment)}
where ${wanted}
order by n.score desc, n.id
limit 100`,
};

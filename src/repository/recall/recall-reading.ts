import { notFound } from '../../errors.js';
import type { CorpusSource } from '../../models/corpus-term.js';
import { analyzeQuery, type QueryAnalysis, wordsToStem } from '../../recall/analyze-query.js';
import type { CorpusStatistics, Neighbours } from '../../recall/soft-terms.js';
import { Repository } from '../context.js';
import { WHOLE_TENANT } from '../sql/corpus-documents.js';
import { readRecall } from '../sql/read-recall.js';
import { MAX_WAITING } from '../sql/waiting-documents.js';
import { corpusOf, type RecallFilter } from './recall-records.js';

export { MAX_WAITING };

/** The corpus a ranking was made with, so that the next page is cut from the same ranking. */
export type Frozen = Readonly<{ at: number; upTo: string; documents: number; length: number; counts: readonly number[] }>;

/** A query as it was understood, with the statistics to weigh its words by. */
export type Reading = Readonly<{
  analysis: QueryAnalysis;
  /** Those of the query, in lower case. */
  words: readonly string[];
  /** Of the words of the query; `NearWords` knows those of others. */
  statistics: CorpusStatistics;
  /** Row id of the user whose corpus it is; null for all. Undefined when the user named is not known: there is nothing then. */
  scopeId: string | null | undefined;
  /** Sources that have anything in this corpus. */
  present: ReadonlySet<CorpusSource>;
  /** A tsquery of the phrases that must and must not occur. */
  condition: string | null;
  neighbours: Neighbours | null;
  /** Changes that have not been counted; the first `MAX_WAITING` of them the statistics know all the same. */
  waiting: number;
  now: Date;
}>;

type Row = {
  language: string;
  scopeId: string | null;
  found: boolean;
  stems: Record<string, string[]>;
  frequencies: Record<string, number>;
  authors: Record<string, number>;
  users: string[];
  present: CorpusSource[];
  documents: number;
  length: number;
  waiting: number;
  newest: Date | null;
  condition: string | null;
};

/** A longer query is known by its first words. */
const MAX_WORDS = 40;
/** The configurations whose lexemes the thesaurus has. */
const ENGLISH = new Set(['english', 'pg_catalog.english']);

export class RecallReading extends Repository {
  async read(
    filter: Pick<RecallFilter, 'query' | 'user' | 'conversationId' | 'sources'>,
    near: Neighbours | null,
    {
      frozen,
      phrases = [],
      excluded = [],
    }: { frozen?: Frozen | undefined; phrases?: readonly string[]; excluded?: readonly string[] } = {},
  ): Promise<Reading> {
    this.assertUser(filter.user);
    const query = firstWords(filter.query);
    const words = wordsToStem(query);
    const sources = filter.sources.map((source) => corpusOf[source]);
    const { user = null, conversationId = null } = filter;
    const values = [this.tenantId, this.userId, words, user, conversationId, sources, phrases, excluded];
    const [row] = await this.context.db.query<Row>(readRecall, values, this.context.transaction);
    if (!row?.found) throw notFound('conversation', conversationId ?? '', 'Call list_conversations for the ids you can read.');
    const now = frozen ? new Date(frozen.at) : this.context.clock();
    const analysis = analyzeQuery(query, {
      now,
      newest: row.newest ?? undefined,
      participants: [...Object.keys(row.authors), ...row.users],
      stem: (word) => row.stems[word] ?? [],
    });
    return {
      analysis,
      words,
      statistics: statisticsOf(row, analysis, frozen),
      scopeId: row.scopeId === null ? undefined : row.scopeId === WHOLE_TENANT ? null : row.scopeId,
      present: new Set(row.present),
      condition: row.condition,
      neighbours: ENGLISH.has(row.language) ? near : null,
      waiting: row.waiting,
      now,
    };
  }
}

function statisticsOf(row: Row, { allTerms }: QueryAnalysis, frozen: Frozen | undefined): CorpusStatistics {
  const counts = new Map(frozen && allTerms.map(({ lexeme }, at) => [lexeme, frozen.counts[at]]));
  const { documents, length } = frozen ?? row;
  return {
    documents,
    averageLength: length / Math.max(documents, 1),
    frequency: (lexeme) => counts.get(lexeme) ?? row.frequencies[lexeme] ?? 0,
    authored: (name) => row.authors[name.toLowerCase()] ?? 0,
  };
}

function firstWords(query: string): string {
  const next = [...query.matchAll(/\S+/gu)][MAX_WORDS];
  return next ? query.slice(0, next.index) : query;
}

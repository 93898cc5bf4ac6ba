import type { Statement } from '../../db/database.js';
import type { QueryAnalysis } from '../../recall/analyze-query.js';
import { RECALL, type RecallWeights } from '../../recall/constants.js';
import type { MemoryCandidate } from '../../recall/score-memories.js';
import type { TurnCandidate } from '../../recall/score-turns.js';
import { type CorpusStatistics, expandTerms } from '../../recall/soft-terms.js';
import { inverseDocumentFrequency } from '../../search/bm25.js';
import { type CandidatePlan, planAll, planCandidates, quoteLexeme } from '../../search/plan.js';
import { LexemeCounter } from '../../search/tsvector.js';
import { Repository } from '../context.js';
import {
  conversationCandidates,
  longTurns,
  memoryCandidates,
  nodeCandidates,
  ownTurnCandidates,
  turnCandidates,
} from '../sql/candidates.js';
import { memoriesOfTime, messagesOfTime, ownMessagesOfTime } from '../sql/recall-of-time.js';
import type { Reading } from './recall-reading.js';
import type { RecallFilter } from './recall-records.js';

/** What a ranking may contain: nothing made after `upTo`, and what is near in meaning even if it has none of the words. */
export type Reach = Readonly<{
  upTo: string | null;
  nearIds: readonly string[];
  weights: RecallWeights;
  /** Of messages, only those that have a word of the query themselves; else also those that stand near one. */
  onlyMatches: boolean;
}>;

type TurnRow = Pick<TurnCandidate, 'id' | 'seq' | 'author'> & {
  stretch: number;
  createdAt: number;
  text: string | null;
  search: string | null;
  longLength: number | null;
  wanted: boolean;
};
type AloneRow = Omit<MemoryCandidate, 'frequencies'> & { search: string };

/** A user with no more messages than this is searched by reading them all. */
const FEW_MESSAGES = 20_000;
/** A user with so many messages, whose part of the index is unknown, may have a query look at as much as a whole tenant may. */
const MANY_MESSAGES = 60_000;
/** With fewer candidates than a page can show, the common words are looked up too. */
const ENOUGH = 50;

/** What may be the answer to a query, small enough to be scored in the process. */
export class RecallCandidates extends Repository {
  /** Messages, and those around them that lend them words; `wanted` are those that the filter lets through. They are looked for while the statistics come. */
  async turns(
    reading: Reading,
    filter: RecallFilter,
    reach: Reach,
    statistics: Promise<CorpusStatistics>,
  ): Promise<{ turns: TurnCandidate[]; wanted: Set<string> }> {
    const [rows, known] = await Promise.all([this.turnRows(reading, filter, reach), statistics]);
    const lexemes = countedLexemes(reading, known);
    const longOnes = await this.longOnes(rows, lexemes);
    const { count } = new LexemeCounter(lexemes);
    const near = new Set(reach.nearIds);
    const matches = ({ id, frequencies }: TurnCandidate) =>
      near.has(id) || reading.analysis.allTerms.some(({ lexeme }) => frequencies.has(lexeme));
    const wanted = new Set<string>();
    const turns = rows.map(({ id, stretch, seq, author, createdAt, text, search, longLength, wanted: passes }) => {
      const counts = search === null ? { length: longLength ?? 0, frequencies: longOnes.get(id) ?? new Map() } : count(search);
      const turn = { id, stretch, seq, author, createdAt: new Date(createdAt), text: text ?? '', ...counts };
      if (passes && (!reach.onlyMatches || matches(turn))) wanted.add(id);
      return turn;
    });
    return { turns, wanted };
  }

  private async turnRows(
    { analysis, statistics, condition, scopeId }: Reading,
    filter: RecallFilter,
    { upTo, nearIds: nearInMeaning, weights, onlyMatches }: Reach,
  ): Promise<TurnRow[]> {
    const terms = analysis.allTerms.map(({ lexeme }) => {
      const documents = statistics.frequency(lexeme);
      return { lexeme, documents, idf: inverseDocumentFrequency(statistics.documents, documents) };
    });
    const { conversationId = null, roles = null, after = null } = filter;
    const before = earlier(filter.before, filter.asOf) ?? null;
    const { before: behind, after: ahead } = weights.neighbours;
    // What others have may decide how long a search takes, but not what it finds: nothing here depends on it.
    const few = scopeId !== null && statistics.documents <= FEW_MESSAGES;
    const statement = conversationId !== null ? conversationCandidates : few ? ownTurnCandidates : turnCandidates;
    const time = onlyMatches ? null : timeAskedFor(analysis);
    const ofTime = () =>
      this.ids(few || conversationId !== null ? ownMessagesOfTime : messagesOfTime, [
        ...[this.tenantId, scopeId, time?.from, time?.to, conversationId, roles, after, before, upTo],
      ]);
    const nearIds = time ? [...nearInMeaning, ...(await ofTime())] : nearInMeaning;
    const find = ({ queries, weights, rest, restWeight }: CandidatePlan): Promise<TurnRow[]> =>
      this.context.db.query<TurnRow>(
        statement,
        [
          ...[this.tenantId, scopeId, queries, weights, rest, restWeight, condition, conversationId],
          ...[roles, after, before, upTo, analysis.isWhenQuestion, nearIds, behind, ahead, statistics.averageLength],
        ],
        this.context.transaction,
      );
    const share = scopeId === null ? 1 : Math.min(1, statistics.documents / MANY_MESSAGES);
    const plan = statement === turnCandidates ? planCandidates(terms, statistics.documents, share) : planAll(terms);
    const rows = await find(plan);
    return plan.pruned && rows.length < ENOUGH ? find(planAll(terms)) : rows;
  }

  /** The lexemes that count in messages that have too many to be read. */
  private async longOnes(rows: readonly TurnRow[], lexemes: readonly string[]): Promise<Map<string, Map<string, number>>> {
    const ids = rows.filter(({ search }) => search === null).map(({ id }) => id);
    if (ids.length === 0) return new Map();
    const values = [this.tenantId, ids, lexemes];
    const found = await this.context.db.query<{ id: string; frequencies: Record<string, number> }>(
      longTurns,
      values,
      this.context.transaction,
    );
    return new Map(found.map(({ id, frequencies }) => [id, new Map(Object.entries(frequencies))]));
  }

  async memories(
    reading: Reading,
    filter: RecallFilter,
    { upTo, nearIds: nearInMeaning }: Reach,
    statistics: CorpusStatistics,
  ): Promise<MemoryCandidate[]> {
    const { tags = null, kinds = null, conversationId = null, after = null, before = null, asOf = null } = filter;
    const { includeSuperseded = false, includeExpired = false } = filter;
    const all = filter.tagsMatch === 'all';
    const time = timeAskedFor(reading.analysis);
    const ofTime = () =>
      this.ids(memoriesOfTime, [
        ...[this.tenantId, reading.scopeId, time?.from, time?.to, reading.now, asOf, includeSuperseded, includeExpired, upTo],
      ]);
    const nearIds = time ? [...nearInMeaning, ...(await ofTime())] : nearInMeaning;
    const lexemes = countedLexemes(reading, statistics);
    const rows = await this.context.db.query<AloneRow>(
      memoryCandidates,
      [
        ...[this.tenantId, reading.scopeId, anyOf(lexemes), lexemes, reading.now, asOf],
        ...[includeSuperseded, includeExpired, kinds, all ? null : tags, all ? tags : null],
        ...[conversationId, after, before, upTo, nearIds],
      ],
      this.context.transaction,
    );
    return counted(rows, lexemes);
  }

  async nodes(reading: Reading, filter: RecallFilter, { upTo, nearIds }: Reach, statistics: CorpusStatistics): Promise<MemoryCandidate[]> {
    const { after = null, before = null, asOf = null } = filter;
    const lexemes = countedLexemes(reading, statistics);
    const rows = await this.context.db.query<AloneRow>(
      nodeCandidates,
      [this.tenantId, anyOf(lexemes), lexemes, asOf ?? reading.now, after, before, upTo, nearIds, this.userId],
      this.context.transaction,
    );
    return counted(rows, lexemes);
  }

  private async ids(statement: Statement, values: unknown[]): Promise<string[]> {
    return (await this.context.db.query<{ id: string }>(statement, values, this.context.transaction)).map(({ id }) => id);
  }
}

/** The beginnings and ends of the times a query asks about, if it asks about nothing else. */
const timeAskedFor = ({ asksForTimeAlone, dates }: QueryAnalysis): { from: Date[]; to: Date[] } | null =>
  asksForTimeAlone ? { from: dates.map(({ from }) => from), to: dates.map(({ to }) => to) } : null;

/** Rows with how often the lexemes that count stand in each. Of a long text the row has only these, and its length. */
function counted(rows: readonly AloneRow[], lexemes: readonly string[]): MemoryCandidate[] {
  const { count } = new LexemeCounter(lexemes);
  return rows.map(({ search, ...row }) => ({ ...row, frequencies: count(search).frequencies }));
}

/** The lexemes that count for a score: those of the query, and those that stand in for them. */
function countedLexemes({ analysis, neighbours }: Reading, statistics: CorpusStatistics): string[] {
  const terms = expandTerms(analysis.allTerms, statistics, RECALL.softWords, neighbours);
  return [...new Set(terms.flatMap(({ alternatives }) => alternatives.map(({ lexeme }) => lexeme)))];
}

/** A tsquery that any of the lexemes satisfies. */
const anyOf = (lexemes: readonly string[]): string => lexemes.map(quoteLexeme).join(' | ');

const earlier = (a: Date | undefined, b: Date | undefined): Date | undefined => (a && b ? (a < b ? a : b) : (a ?? b));

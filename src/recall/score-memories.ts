import { total } from '../search/bm25.js';
import type { QueryAnalysis } from './analyze-query.js';
import { DAY } from './calendar.js';
import { RECALL, RECENCY_HALF_LIFE } from './constants.js';
import { dateAffinity } from './date-affinity.js';
import type { Scored, ScoringOptions } from './score-turns.js';
import { type CorpusStatistics, expandTerms } from './soft-terms.js';
import { standardScores } from './standard-scores.js';
import { termScorer } from './term-scores.js';

/** Something remembered that stands alone: a memory, a node of the graph. */
export type MemoryCandidate = Readonly<{
  id: string;
  occurredAt: Date;
  /** 0 to 1. */
  importance: number;
  length: number;
  frequencies: ReadonlyMap<string, number>;
  cosine?: number | undefined;
}>;

export type MemoryComponents = Readonly<Record<'words' | 'recency' | 'importance' | 'date' | 'dense', number>>;

/** Scores memories by their words and when they happened, and of those that say the same prefers the recent and the important; the best first. */
export function scoreMemories(
  candidates: readonly MemoryCandidate[],
  { allTerms, dates = [] }: Pick<QueryAnalysis, 'allTerms'> & Partial<Pick<QueryAnalysis, 'dates'>>,
  statistics: CorpusStatistics,
  now: Date,
  { neighbours = null, denseWeight = 0, weights = RECALL }: ScoringOptions = {},
): Scored<MemoryComponents>[] {
  const score = termScorer(expandTerms(allTerms, statistics, weights.softWords, neighbours), statistics.averageLength);
  const dense = standardScores(candidates.map(({ cosine }) => cosine));
  return candidates
    .map((memory, at) => {
      const words = total(score(memory));
      const age = Math.max(0, now.getTime() - memory.occurredAt.getTime()) / DAY;
      const components = {
        words,
        recency: words * weights.recency * 2 ** (-age / RECENCY_HALF_LIFE),
        importance: words * weights.importance * memory.importance,
        date: weights.date * Math.max(0, ...dates.map((range) => dateAffinity(memory.occurredAt, range))),
        dense: denseWeight * dense[at]!,
      };
      return { id: memory.id, score: total(Object.values(components)), components, occurredAt: memory.occurredAt };
    })
    .sort((a, b) => b.score - a.score || b.occurredAt.getTime() - a.occurredAt.getTime() || (a.id < b.id ? 1 : -1))
    .map(({ id, score, components }) => ({ id, score, components }));
}

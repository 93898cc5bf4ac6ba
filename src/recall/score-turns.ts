import { total } from '../search/bm25.js';
import type { QueryAnalysis } from './analyze-query.js';
import { RECALL, type RecallWeights } from './constants.js';
import { dateAffinity } from './date-affinity.js';
import { type CorpusStatistics, expandTerms, type Neighbours } from './soft-terms.js';
import { spreadScores } from './spread-scores.js';
import { standardScores } from './standard-scores.js';
import { stretchDocument, stretchScores } from './stretch-scores.js';
import { termScorer } from './term-scores.js';
import { holdsTimeExpression, isQuestion } from './text-features.js';

/** A message that may be an answer, or one of those around it. */
export type TurnCandidate = Readonly<{
  id: string;
  /** The same for all of one stretch of one conversation, and for no other. */
  stretch: string | number;
  /** Counts the messages of a conversation without gaps. */
  seq: number;
  author: string | null;
  createdAt: Date;
  /** Where nothing is asked in it, only a question for a time has to know it. */
  text: string;
  length: number;
  frequencies: ReadonlyMap<string, number>;
  /** Between the embeddings of the query and of the message, where there are any. */
  cosine?: number | undefined;
}>;

/** What a score is the sum of. */
export type TurnComponents = Readonly<Record<'words' | 'person' | 'stretch' | 'date' | 'time' | 'question' | 'dense', number>>;
export type Scored<Components> = Readonly<{ id: string; score: number; components: Components }>;

export type ScoringOptions = Readonly<{
  neighbours?: Neighbours | null | undefined;
  denseWeight?: number | undefined;
  weights?: RecallWeights | undefined;
}>;

/** Scores messages by their words and by the conversation around them; the best first. */
export function scoreTurns(
  candidates: readonly TurnCandidate[],
  query: QueryAnalysis,
  statistics: CorpusStatistics,
  { neighbours = null, denseWeight = 0, weights = RECALL }: ScoringOptions = {},
): Scored<TurnComponents>[] {
  const terms = expandTerms(query.terms, statistics, weights.softWords, neighbours);
  const score = termScorer(terms, statistics.averageLength);
  const stretches = byStretch(candidates);
  const ofStretch = stretchScores(
    stretches.map((members) => stretchDocument(members, query.people)),
    terms,
    query.people,
    statistics,
  );
  const person = query.people.length === 1 ? query.people[0]!.toLowerCase() : null;
  const dense = denseScores(candidates);
  const scored = stretches.flatMap((members, at) => {
    const turns = members.map((turn) => ({ seq: turn.seq, isQuestion: isQuestion(turn.text), scores: score(turn) }));
    return spreadScores(turns, weights.neighbours).map((words, index) => {
      const turn = members[index]!;
      const components = {
        words: total(words),
        person: person !== null && turn.author?.toLowerCase() === person ? weights.person : 0,
        stretch: weights.stretch * ofStretch[at]!,
        date: query.dates.length > 0 ? weights.date * Math.max(0, ...query.dates.map((range) => dateAffinity(turn.createdAt, range))) : 0,
        time: query.isWhenQuestion && holdsTimeExpression(turn.text) ? weights.time : 0,
        question: turns[index]!.isQuestion ? -weights.question : 0,
        dense: denseWeight * (dense?.get(turn) ?? 0),
      };
      return { turn, id: turn.id, score: sum(components), components };
    });
  });
  return scored
    .sort((a, b) => b.score - a.score || b.turn.createdAt.getTime() - a.turn.createdAt.getTime() || (a.id < b.id ? 1 : -1))
    .map(({ id, score, components }) => ({ id, score, components }));
}

const sum = ({ words, person, stretch, date, time, question, dense }: TurnComponents): number =>
  words + person + stretch + date + time + question + dense;

function denseScores(candidates: readonly TurnCandidate[]): Map<TurnCandidate, number> | null {
  if (candidates.every(({ cosine }) => cosine === undefined)) return null;
  return new Map(standardScores(candidates.map(({ cosine }) => cosine)).map((z, at) => [candidates[at]!, z]));
}

function byStretch(candidates: readonly TurnCandidate[]): TurnCandidate[][] {
  const stretches = new Map<string | number, TurnCandidate[]>();
  for (const turn of candidates) {
    const members = stretches.get(turn.stretch);
    if (members) members.push(turn);
    else stretches.set(turn.stretch, [turn]);
  }
  return [...stretches.values()];
}

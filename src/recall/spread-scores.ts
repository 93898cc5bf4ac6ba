import type { RecallWeights } from './constants.js';

/** A turn of one stretch: where it stands, whether it asks, and what each term scores in it. */
export type ScoredTurn = Readonly<{ seq: number; isQuestion: boolean; scores: readonly number[] }>;

/**
 * What each term scores in a turn or, discounted, in one of the turns around it, the best of these. A turn after a question
 * takes more from those before it: an answer seldom repeats the words of its question.
 */
export function spreadScores(turns: readonly ScoredTurn[], weights: RecallWeights['neighbours']): number[][] {
  const bySeq = new Map(turns.map((turn) => [turn.seq, turn]));
  return turns.map(({ seq, scores }) => {
    const best = [...scores];
    const take = (from: ScoredTurn | undefined, share: number): void => {
      from?.scores.forEach((score, term) => {
        best[term] = Math.max(best[term]!, share * score);
      });
    };
    const fromBefore = bySeq.get(seq - 1)?.isQuestion ? weights.fromQuestion : weights.fromBefore;
    for (let d = 1; d <= weights.before; d += 1) take(bySeq.get(seq - d), fromBefore * weights.decay ** (d - 1));
    for (let d = 1; d <= weights.after; d += 1) take(bySeq.get(seq + d), weights.fromAfter * weights.decay ** (d - 1));
    return best;
  });
}

import type { RecallWeights } from './constants.js';

/** A turn of one stretch: where it stands, whether it asks, and what each term scores in it. */
export type ScoredTurn = Readonly<{ seq: number; isQuestion: boolean; scores: readonly number[] }>;

/**
 * What each term scores in a turn or, discounted, in one of the turns around it, the best of these. A turn after a question
 * takes more from those before it: an answer seldom repeats the words of its question.
 */
export function spreadScores(turns: readonly ScoredTurn[], weights: RecallWeights['neighbours']): number[][] {
  const places = new Map(turns.map(({ seq }, at) => [seq, at]));
  const best = turns.map(({ scores }) => [...scores]);
  const lend = ({ scores }: ScoredTurn, to: number, share: number): void => {
    const taken = best[to]!;
    for (let term = 0; term < taken.length; term += 1) taken[term] = Math.max(taken[term]!, share * scores[term]!);
  };
  for (const turn of turns) {
    // Most have nothing to lend.
    if (!turn.scores.some((score) => score > 0)) continue;
    for (let d = 1; d <= weights.before; d += 1) {
      const to = places.get(turn.seq + d);
      if (to === undefined) continue;
      const before = places.get(turn.seq + d - 1);
      const share = before !== undefined && turns[before]!.isQuestion ? weights.fromQuestion : weights.fromBefore;
      lend(turn, to, share * weights.decay ** (d - 1));
    }
    for (let d = 1; d <= weights.after; d += 1) {
      const to = places.get(turn.seq - d);
      if (to !== undefined) lend(turn, to, weights.fromAfter * weights.decay ** (d - 1));
    }
  }
  return best;
}

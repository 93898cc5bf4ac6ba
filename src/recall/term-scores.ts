import { type ScoredDocument, TRANSCRIPTS, termScore } from '../search/bm25.js';
import type { ExpandedTerm } from './soft-terms.js';

type Use = Readonly<{ term: number; weight: number; idf: number }>;

/** Scores documents for a query: for each term the best of the words that count as it, in the order of the terms. */
export function termScorer(terms: readonly ExpandedTerm[], averageLength: number): (document: ScoredDocument) => readonly number[] {
  const uses = new Map<string, Use[]>();
  terms.forEach(({ alternatives }, term) => {
    for (const { lexeme, weight, idf } of alternatives) {
      const use = { term, weight, idf };
      const others = uses.get(lexeme);
      if (others) others.push(use);
      else uses.set(lexeme, [use]);
    }
  });
  const nothing: readonly number[] = terms.map(() => 0);
  return ({ length, frequencies }) => {
    if (frequencies.size === 0) return nothing;
    const scores = new Array<number>(terms.length).fill(0);
    for (const [lexeme, frequency] of frequencies) {
      for (const { term, weight, idf } of uses.get(lexeme) ?? []) {
        scores[term] = Math.max(scores[term]!, weight * termScore(idf, frequency, length, averageLength, TRANSCRIPTS));
      }
    }
    return scores;
  };
}

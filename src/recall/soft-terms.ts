import { inverseDocumentFrequency } from '../search/bm25.js';
import type { QueryTerm } from './analyze-query.js';

/** What the scores are relative to: everything that the caller can read, not the candidates. */
export type CorpusStatistics = Readonly<{
  documents: number;
  averageLength: number;
  /** In how many documents a lexeme stands. */
  frequency: (lexeme: string) => number;
  /** How many messages somebody wrote; without it a name says nothing about a stretch. */
  authored?: ((name: string) => number) | undefined;
}>;

export type SoftWord = Readonly<{ lexeme: string; weight: number }>;
/** The lexemes near a word, best first, each once. */
export type Neighbours = (word: string) => readonly SoftWord[];

export type WeightedLexeme = SoftWord & Readonly<{ idf: number }>;
/** What counts as a term: the lexeme itself, with weight 1, and those that stand in for it. */
export type ExpandedTerm = Readonly<{ lexeme: string; alternatives: readonly WeightedLexeme[] }>;

/** Adds to each term the `most` words nearest to it that occur in the corpus. */
export function expandTerms(
  terms: readonly QueryTerm[],
  { documents, frequency }: CorpusStatistics,
  most: number,
  neighbours: Neighbours | null,
): ExpandedTerm[] {
  const weigh = ({ lexeme, weight }: SoftWord): WeightedLexeme => ({
    lexeme,
    weight,
    idf: inverseDocumentFrequency(documents, frequency(lexeme)),
  });
  return terms.map((term) => {
    const soft: SoftWord[] = [];
    for (const near of neighbours ? softWordsOf(term, neighbours) : []) {
      if (soft.length === most) break;
      if (frequency(near.lexeme) > 0) soft.push(near);
    }
    return { lexeme: term.lexeme, alternatives: [{ lexeme: term.lexeme, weight: 1 }, ...soft].map(weigh) };
  });
}

/** The words near to any of the words a term was written as. */
function softWordsOf({ lexeme: own, words }: QueryTerm, neighbours: Neighbours): readonly SoftWord[] {
  const lists = words.map(neighbours).filter((list) => list.length > 0);
  if (lists.length <= 1) return (lists[0] ?? []).filter(({ lexeme }) => lexeme !== own);
  const best = new Map<string, number>();
  for (const { lexeme, weight } of lists.flat()) best.set(lexeme, Math.max(weight, best.get(lexeme) ?? 0));
  best.delete(own);
  return [...best].map(([lexeme, weight]) => ({ lexeme, weight })).sort((a, b) => b.weight - a.weight);
}

import { inverseDocumentFrequency, termScore, total } from '../search/bm25.js';
import { STRETCHES } from './constants.js';
import type { CorpusStatistics, ExpandedTerm } from './soft-terms.js';

/** A stretch of a conversation as one document: its distinct lexemes, and how often each author speaks in it. */
export type StretchDocument = Readonly<{ lexemes: ReadonlySet<string>; authors: ReadonlyMap<string, number> }>;
type Member = Readonly<{ author: string | null; frequencies: ReadonlyMap<string, number> }>;

export function stretchDocument(members: readonly Member[]): StretchDocument {
  const lexemes = new Set<string>();
  const authors = new Map<string, number>();
  for (const { author, frequencies } of members) {
    for (const lexeme of frequencies.keys()) lexemes.add(lexeme);
    if (author !== null) authors.set(author.toLowerCase(), (authors.get(author.toLowerCase()) ?? 0) + 1);
  }
  return { lexemes, authors };
}

/**
 * How well each stretch fits the query as a whole, 1 for the best. The people named are looked for as if each turn began
 * with the name of its author: where several conversations are searched, that tells whose they are.
 */
export function stretchScores(
  stretches: readonly StretchDocument[],
  terms: readonly ExpandedTerm[],
  people: readonly string[],
  { documents, authored }: CorpusStatistics,
): number[] {
  const averageLength = total(stretches.map(({ lexemes }) => lexemes.size)) / Math.max(stretches.length, 1);
  const names = people.map((name) => ({
    key: name.toLowerCase(),
    idf: authored ? inverseDocumentFrequency(documents, authored(name)) : 0,
  }));
  const scores = stretches.map(({ lexemes, authors }) => {
    const score = (idf: number, frequency: number) => termScore(idf, frequency, lexemes.size, averageLength, STRETCHES);
    const words = terms.map(({ lexeme, alternatives }) => score(alternatives[0]?.idf ?? 0, lexemes.has(lexeme) ? 1 : 0));
    return total(words) + total(names.map(({ key, idf }) => score(idf, authors.get(key) ?? 0)));
  });
  const best = scores.reduce((best, score) => Math.max(best, score), 0);
  return scores.map((score) => (best > 0 ? score / best : 0));
}

import { inverseDocumentFrequency, termScore, total } from '../search/bm25.js';
import { STRETCHES } from './constants.js';
import type { CorpusStatistics, ExpandedTerm } from './soft-terms.js';

/** A longer stretch repeats more of its words: n words are about n to the power of this different ones (Heaps' law). */
const HEAPS = 0.85;

/** A stretch of a conversation as one document: how many different lexemes it has, those looked for among them, and how often each author speaks, where people are named. */
export type StretchDocument = Readonly<{ length: number; lexemes: ReadonlySet<string>; authors: ReadonlyMap<string, number> }>;
type Member = Readonly<{ length: number; author: string | null; frequencies: ReadonlyMap<string, number> }>;

export function stretchDocument(members: readonly Member[], people: readonly string[]): StretchDocument {
  const lexemes = new Set<string>();
  const authors = new Map<string, number>();
  let words = 0;
  for (const { author, frequencies, length } of members) {
    words += length;
    for (const lexeme of frequencies.keys()) lexemes.add(lexeme);
    if (author === null || people.length === 0) continue;
    const key = author.toLowerCase();
    authors.set(key, (authors.get(key) ?? 0) + 1);
  }
  return { length: Math.round(words ** HEAPS), lexemes, authors };
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
  const averageLength = total(stretches.map(({ length }) => length)) / Math.max(stretches.length, 1);
  const names = people.map((name) => ({
    key: name.toLowerCase(),
    idf: authored ? inverseDocumentFrequency(documents, authored(name)) : 0,
  }));
  const scores = stretches.map(({ length, lexemes, authors }) => {
    const score = (idf: number, frequency: number) => termScore(idf, frequency, length, averageLength, STRETCHES);
    const words = terms.map(({ lexeme, alternatives }) => score(alternatives[0]?.idf ?? 0, lexemes.has(lexeme) ? 1 : 0));
    return total(words) + total(names.map(({ key, idf }) => score(idf, authors.get(key) ?? 0)));
  });
  const best = scores.reduce((best, score) => Math.max(best, score), 0);
  return scores.map((score) => (best > 0 ? score / best : 0));
}

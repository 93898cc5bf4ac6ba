/** Where term frequency saturates (k1) and how much a long document is discounted (b); these two are best on transcripts. */
export type Bm25Parameters = Readonly<{ k1: number; b: number }>;
export const TRANSCRIPTS: Bm25Parameters = { k1: 0.9, b: 0.1 };

export type ScoredDocument = Readonly<{ length: number; frequencies: ReadonlyMap<string, number> }>;

/** How much it says that a document has a word which `frequency` of all `documents` have; never negative. */
export function inverseDocumentFrequency(documents: number, frequency: number): number {
  // The two numbers are counted at different moments, so a word may be in more documents than there are.
  const all = Math.max(documents, frequency);
  return Math.log(1 + (all - frequency + 0.5) / (frequency + 0.5));
}

/** What one word of the query adds to the score of a document in which it stands `frequency` times. */
export function termScore(idf: number, frequency: number, length: number, averageLength: number, { k1, b }: Bm25Parameters): number {
  if (frequency <= 0) return 0;
  const relativeLength = averageLength > 0 ? length / averageLength : 1;
  return (idf * frequency * (k1 + 1)) / (frequency + k1 * (1 - b + b * relativeLength));
}

export const total = (scores: readonly number[]): number => scores.reduce((sum, score) => sum + score, 0);

import type { Bm25Parameters } from '../search/bm25.js';

export type RecallWeights = Readonly<{
  /** Turns lend their words to those around them: so much at distance one, times `decay` for every further step. */
  neighbours: Readonly<{ before: number; after: number; fromBefore: number; fromQuestion: number; fromAfter: number; decay: number }>;
  person: number;
  stretch: number;
  date: number;
  time: number;
  question: number;
  /** Most words that stand in for one word of the query. */
  softWords: number;
  /** Of a stand-alone memory: shares of what its words score, so that words decide. */
  recency: number;
  importance: number;
}>;

/**
 * The constants of the score. Those of transcripts were fitted on ten LoCoMo chats (5,882 turns, 1,982 questions) and checked
 * on REALTALK; the surface is flat around them, so none is worth fitting again to a single collection.
 */
export const RECALL: RecallWeights = {
  neighbours: { before: 3, after: 2, fromBefore: 0.6, fromQuestion: 0.8, fromAfter: 0.4, decay: 0.8 },
  person: 2.3,
  stretch: 2,
  date: 6,
  time: 2.2,
  question: 0.25,
  softWords: 32,
  recency: 0.05,
  importance: 0.1,
};

/** How a stretch, as one document of its distinct lexemes, is scored. */
export const STRETCHES: Bm25Parameters = { k1: 1.2, b: 0.4 };
/** Words whose cosine is not above this have nothing to do with each other. */
export const SOFT_THRESHOLD = 0.3;
/** A memory loses half of its bonus for being recent in so many days. */
export const RECENCY_HALF_LIFE = 90;

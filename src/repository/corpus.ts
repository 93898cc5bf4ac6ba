import { Repository } from './context.js';
import { countMessages, MAX_COUNTED, sampleMessages } from './sql/search-messages.js';

export type CorpusStatistics = Readonly<{
  documents: number;
  /** Words of which it is known without counting that they are common, with the share of messages they stand in. */
  common: ReadonlyMap<string, number>;
}>;

/** The statistics of a large corpus hardly move: they may be this old. */
const MAX_AGE = 5 * 60_000;
/** A word in more messages than this share is common: its frequency is taken from a sample, which is off by a quarter at most. */
const COMMON = 0.01;

/**
 * How many messages a principal can read, and which words are common in them. In a small corpus every word is counted
 * exactly and at once; in a large one counting common words would cost more than the search.
 */
export class Corpus extends Repository {
  #kept: (CorpusStatistics & { at: number }) | undefined;

  async statistics(): Promise<CorpusStatistics> {
    const now = this.context.clock().getTime();
    if (this.#kept && Math.abs(now - this.#kept.at) < MAX_AGE) return this.#kept;
    const { db, transaction } = this.context;
    const [counted] = await db.query<{ documents: number }>(countMessages, [this.tenantId, this.userId], transaction);
    const documents = counted?.documents ?? 0;
    if (documents <= MAX_COUNTED) return { documents, common: new Map() };
    const sampled = await db.query<{ lexeme: string; share: number }>(sampleMessages, [this.tenantId, this.userId, COMMON], transaction);
    this.#kept = { documents, common: new Map(sampled.map(({ lexeme, share }) => [lexeme, share])), at: now };
    return this.#kept;
  }
}

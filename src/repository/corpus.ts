import { Repository } from './context.js';
import { countMessages, MAX_COUNTED, sampleMessages } from './sql/search-messages.js';

export type CorpusStatistics = Readonly<{
  documents: number;
  /** How much of the tenant's messages they are: the full-text index knows tenants only. */
  share: number;
  /** Words of which it is known without counting that they are common, with the share of messages they stand in. */
  common: ReadonlyMap<string, number>;
}>;

type Aged<T> = { value: T; at: number };

/** The statistics of a large corpus hardly move: they may be this old. */
const MAX_AGE = 5 * 60_000;
/** A word in more messages than this share is common: its frequency is taken from a sample, which is off by a quarter at most. */
const COMMON = 0.01;

/**
 * How many messages a principal can read, and which words are common in them. In a small corpus every word is counted
 * exactly and at once; in a large one counting common words would cost more than the search.
 */
export class Corpus extends Repository {
  #tenant: Aged<number> | undefined;
  #own: Aged<CorpusStatistics> | undefined;

  async statistics(): Promise<CorpusStatistics> {
    const kept = this.fresh(this.#own);
    if (kept) return kept;
    const documents = await this.count(this.userId);
    const share = this.userId === null ? 1 : Math.min(1, documents / Math.max(await this.tenant(), 1));
    if (documents <= MAX_COUNTED) return { documents, share, common: new Map() };
    const { db, transaction } = this.context;
    const sampled = await db.query<{ lexeme: string; share: number }>(sampleMessages, [this.tenantId, this.userId, COMMON], transaction);
    const value = { documents, share, common: new Map(sampled.map(({ lexeme, share }) => [lexeme, share])) };
    this.#own = this.aged(value);
    return value;
  }

  private async tenant(): Promise<number> {
    const kept = this.fresh(this.#tenant);
    if (kept !== undefined) return kept;
    const value = await this.count(null);
    this.#tenant = this.aged(value);
    return value;
  }

  private async count(userId: string | null): Promise<number> {
    const [row] = await this.context.db.query<{ documents: number }>(countMessages, [this.tenantId, userId], this.context.transaction);
    return row?.documents ?? 0;
  }

  private aged = <T>(value: T): Aged<T> => ({ value, at: this.context.clock().getTime() });

  private fresh<T>(kept: Aged<T> | undefined): T | undefined {
    return kept && Math.abs(this.context.clock().getTime() - kept.at) < MAX_AGE ? kept.value : undefined;
  }
}

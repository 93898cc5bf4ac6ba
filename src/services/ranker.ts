import { invalidInput } from '../errors.js';
import type { Log } from '../log.js';
import { RECALL, type RecallWeights } from '../recall/constants.js';
import type { Neighbours } from '../recall/soft-terms.js';
import { type Frozen, MAX_WAITING, type Reading } from '../repository/recall/recall-reading.js';
import type { RankedHit, RecallFilter } from '../repository/recall/recall-records.js';
import type { Store } from '../repository/store.js';
import type { CorpusKeeper } from './corpus-keeper.js';
import type { Embeddings } from './embeddings/embeddings.js';

/** By words and meaning, in conversations as they were led; by words alone; by meaning alone. */
export const SEARCH_MODES = ['hybrid', 'text', 'semantic'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

export type SearchUsed = Readonly<{ modeUsed: SearchMode; degraded: boolean; reason: string | null }>;
export type Ranking = Readonly<{ ranked: readonly RankedHit[]; reading: Reading; search: SearchUsed }>;

export type RankingOptions = Readonly<{
  mode?: SearchMode;
  frozen?: Frozen | undefined;
  phrases?: readonly string[];
  excluded?: readonly string[];
  onlyMatches?: boolean;
}>;

/** Plain BM25. */
const WORDS_ALONE: RecallWeights = {
  ...RECALL,
  neighbours: { ...RECALL.neighbours, before: 0, after: 0 },
  person: 0,
  stretch: 0,
  date: 0,
  time: 0,
  question: 0,
};
/** A query waits no longer than this for statistics that are far behind. */
const CATCH_UP_MS = 2_000;
/** Statistics are far behind when more than this share of what they count is missing. */
const FAR_BEHIND = 0.2;

/** Puts what a query finds in order, with whatever helps at the moment: word vectors, an embedding provider, or neither. */
export class Ranker {
  readonly #thesaurus: () => Promise<Neighbours | null>;
  readonly #embeddings: Pick<Embeddings, 'configured' | 'queryVector' | 'weight'>;
  readonly #corpus: Pick<CorpusKeeper, 'wrote'>;
  readonly #log: Log;

  constructor(
    thesaurus: () => Promise<Neighbours | null>,
    embeddings: Pick<Embeddings, 'configured' | 'queryVector' | 'weight'>,
    corpus: Pick<CorpusKeeper, 'wrote'>,
    log: Log,
  ) {
    this.#thesaurus = thesaurus;
    this.#embeddings = embeddings;
    this.#corpus = corpus;
    this.#log = log;
  }

  async rank(
    store: Store,
    filter: RecallFilter,
    { mode = 'hybrid', frozen, onlyMatches, ...conditions }: RankingOptions = {},
  ): Promise<Ranking> {
    if (mode === 'semantic' && !this.#embeddings.configured) {
      throw invalidInput(
        'Semantic search needs an embedding provider, and none is configured.',
        'Use mode "hybrid" (the default) or "text".',
      );
    }
    const [neighbours, { vector, degraded }] = await Promise.all([
      mode === 'text' ? null : this.#neighbours(),
      mode === 'text' ? { vector: null, degraded: null } : this.#embeddings.queryVector(store.principal.tenantId, filter.query),
    ]);
    const { reading, lagging } = await this.#read(store, () => store.recall.read(filter, neighbours, { frozen, ...conditions }));
    const reason = degraded ?? (lagging ? 'Much has just been stored, and its words are still being counted.' : null);
    const search = (modeUsed: SearchMode): SearchUsed => ({ modeUsed, degraded: reason !== null, reason });
    const upTo = frozen?.upTo;
    if (mode === 'semantic' && vector) {
      return { ranked: await store.recall.rankByMeaning(filter, vector, upTo), reading, search: search('semantic') };
    }
    if (mode === 'text') {
      const analysis = { ...reading.analysis, terms: reading.analysis.allTerms, people: [] };
      const ranked = await store.recall.rank({ ...reading, analysis }, filter, { upTo, weights: WORDS_ALONE, onlyMatches: true });
      return { ranked, reading, search: search('text') };
    }
    const dense = vector && { vector, weight: this.#embeddings.weight };
    const ranked = await store.recall.rank(reading, filter, { dense, upTo, onlyMatches });
    return { ranked, reading, search: search(vector ? 'hybrid' : 'text') };
  }

  /** Statistics that are far behind are brought up first, for a while. */
  async #read(store: Store, read: () => Promise<Reading>): Promise<{ reading: Reading; lagging: boolean }> {
    const reading = await read();
    // Whoever wrote it may be gone.
    if (reading.waiting > 0) this.#corpus.wrote(store.principal.tenantId);
    if (reading.waiting - MAX_WAITING <= reading.statistics.documents * FAR_BEHIND) return { reading, lagging: false };
    const deadline = performance.now() + CATCH_UP_MS;
    let lagging = false;
    while (!lagging && (await store.recall.fold())) lagging = performance.now() > deadline;
    return { reading: await read(), lagging };
  }

  async #neighbours(): Promise<Neighbours | null> {
    try {
      return await this.#thesaurus();
    } catch (error) {
      this.#log.warn({ err: error }, 'the thesaurus cannot be read; words are looked for as they are');
      return null;
    }
  }
}

/** What a later page needs to be cut from the same ranking. */
export const freeze = ({ ranked, reading: { now, statistics, analysis } }: Ranking): Frozen => ({
  at: now.getTime(),
  upTo:
    ranked
      .map(({ id }) => id)
      .sort()
      .at(-1) ?? '',
  documents: statistics.documents,
  length: statistics.averageLength * statistics.documents,
  counts: analysis.allTerms.map(({ lexeme }) => statistics.frequency(lexeme)),
});

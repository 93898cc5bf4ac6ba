import { z } from 'zod';
import type { Log } from '../log.js';
import type { Neighbours } from '../recall/soft-terms.js';
import { decodeCursor, encodeCursor } from '../repository/cursor.js';
import type { Dense } from '../repository/recall.js';
import type { Frozen, Reading } from '../repository/recall-reading.js';
import type { RankedHit, RecallFilter, RecallHit } from '../repository/recall-records.js';
import type { Store } from '../repository/store.js';
import { cutText } from '../search/snippet.js';
import { estimateTokens } from '../tokens.js';
import type { Embeddings } from './embeddings/embeddings.js';

export type SearchUsed = Readonly<{ modeUsed: 'hybrid' | 'text'; degraded: boolean; reason: string | null }>;

export type Recalled = {
  hits: RecallHit[];
  nextCursor: string | null;
  totalTokens: number;
  /** Hits of the page that the budget had no room for; the cursor goes on with them. */
  dropped: number;
  search: SearchUsed;
};

export type RecallPage = { limit: number; maxTokens?: number | undefined; cursor?: string | undefined };
export type Ranking = { ranked: RankedHit[]; reading: Reading; search: SearchUsed };

const place = z.tuple([z.int().min(1), z.int(), z.guid(), z.number().min(0), z.number().min(0), z.array(z.number().min(0)).max(100)]);

/** Characters of stored text in one answer. */
const ROOM = 16_000;
/** A query waits no longer than this for statistics that are far behind. */
const CATCH_UP_MS = 2_000;

/** Answers questions about what was said and learned, for any principal; in front of it stand the tools. */
export class Recall {
  readonly #thesaurus: () => Promise<Neighbours | null>;
  readonly #embeddings: Pick<Embeddings, 'queryVector' | 'weight'>;
  readonly #log: Log;

  constructor(thesaurus: () => Promise<Neighbours | null>, embeddings: Pick<Embeddings, 'queryVector' | 'weight'>, log: Log) {
    this.#thesaurus = thesaurus;
    this.#embeddings = embeddings;
    this.#log = log;
  }

  /** One page of what a query finds. The pages after it are cut from the same ranking, whatever is written meanwhile. */
  async find(store: Store, filter: RecallFilter, { limit, maxTokens, cursor }: RecallPage): Promise<Recalled> {
    const { tenantId, user } = store.principal;
    const bound = { ...filter, tenantId, boundUser: user };
    const from = cursor === undefined ? null : decodeCursor('recall', bound, cursor, place);
    const frozen = from ? { at: from[1], upTo: from[2], documents: from[3], length: from[4], counts: from[5] } : undefined;
    const { ranked, reading, search } = await this.rank(store, filter, { frozen });
    const start = from?.[0] ?? 0;
    const wanted = await store.recall.load(ranked.slice(start, start + limit));
    const { hits, totalTokens } = within(wanted, maxTokens);
    const dropped = wanted.length - hits.length;
    const end = dropped > 0 ? start + hits.length : start + limit;
    const more = end < ranked.length && end > start;
    const { at, upTo, documents, length, counts } = frozen ?? freeze(ranked, reading);
    return {
      hits,
      nextCursor: more ? encodeCursor('recall', bound, [end, at, upTo, documents, length, counts]) : null,
      totalTokens,
      dropped,
      search,
    };
  }

  /** Everything a query finds, best first, and how it was looked for. */
  async rank(
    store: Store,
    filter: RecallFilter,
    { frozen, ...conditions }: { frozen?: Frozen | undefined; phrases?: readonly string[]; excluded?: readonly string[] } = {},
  ): Promise<Ranking> {
    const [neighbours, { vector, degraded }] = await Promise.all([
      this.#neighbours(),
      this.#embeddings.queryVector(store.principal.tenantId, filter.query),
    ]);
    const read = () => store.recall.read(filter, neighbours, { frozen, ...conditions });
    let reading = await read();
    let lagging = reading.lag > reading.statistics.documents / 5;
    if (lagging) {
      lagging = await this.#catchUp(store);
      reading = await read();
    }
    const dense: Dense | null = vector && { vector, weight: this.#embeddings.weight };
    const ranked = await store.recall.rank(reading, filter, dense, frozen?.upTo);
    const reason = degraded ?? (lagging ? 'Much has just been stored and its words are still being counted.' : null);
    return { ranked, reading, search: { modeUsed: vector ? 'hybrid' : 'text', degraded: reason !== null, reason } };
  }

  /** Counts what waits to be counted, for a while. True when it did not get to the end. */
  async #catchUp(store: Store): Promise<boolean> {
    const deadline = performance.now() + CATCH_UP_MS;
    while (await store.recall.fold()) if (performance.now() > deadline) return true;
    return false;
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

const freeze = (ranked: readonly RankedHit[], { now, statistics, analysis }: Reading): Frozen => ({
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

/** The hits from the first on that fit a budget; of a first one that is larger than all of it, the beginning. */
function within(hits: readonly RecallHit[], budget = Number.POSITIVE_INFINITY): { hits: RecallHit[]; totalTokens: number } {
  const length = Math.max(200, Math.floor(ROOM / Math.max(hits.length, 1)));
  const kept: RecallHit[] = [];
  let totalTokens = 0;
  for (const whole of hits) {
    const hit = cut(whole, length);
    const tokens = tokensOf(hit);
    if (totalTokens + tokens > budget) break;
    kept.push(hit);
    totalTokens += tokens;
  }
  const [first] = hits;
  if (kept.length > 0 || !first) return { hits: kept, totalTokens };
  const beginning = cutToTokens({ ...first, title: null }, budget);
  return { hits: [beginning], totalTokens: tokensOf(beginning) };
}

const tokensOf = ({ text, title }: Pick<RecallHit, 'text' | 'title'>): number => estimateTokens([title, text].filter(Boolean).join('\n'));

const cut = (hit: RecallHit, length: number): RecallHit =>
  hit.text.length <= length ? hit : { ...hit, text: cutText(hit.text, length), truncated: true };

function cutToTokens(hit: RecallHit, budget: number): RecallHit {
  let length = budget * 4;
  // A character may take up to four bytes.
  while (tokensOf(cut(hit, length)) > budget) length = Math.floor(length / 2);
  return cut(hit, length);
}

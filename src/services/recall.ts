import { z } from 'zod';
import { AppError } from '../errors.js';
import type { Scope } from '../principal.js';
import { isQuestion } from '../recall/text-features.js';
import { decodeCursor, encodeCursor } from '../repository/cursor.js';
import type { Frozen } from '../repository/recall/recall-reading.js';
import type { RecallFilter, RecallHit, RecallSource } from '../repository/recall/recall-records.js';
import type { SearchHit } from '../repository/search.js';
import type { Store } from '../repository/store.js';
import { parseSearchText } from '../search/query.js';
import { AccessLog } from './access-log.js';
import { withinTokens } from './hit-budget.js';
import { freeze, Ranker, type Ranking, type SearchMode, type SearchUsed } from './ranker.js';

export type Recalled = {
  hits: RecallHit[];
  nextCursor: string | null;
  totalTokens: number;
  /** Hits of the page that the budget had no room for; the cursor goes on with them. */
  dropped: number;
  search: SearchUsed;
};

export type MessageSearch = Omit<RecallFilter, 'sources'> & { mode: SearchMode };
export type Found = { hits: SearchHit[]; nextCursor: string | null; search: SearchUsed; note: string | null };

const place = z.tuple([z.int().min(1), z.int(), z.guid(), z.number().min(0), z.number().min(0), z.array(z.number().min(0)).max(100)]);
type Place = Readonly<{ start: number; frozen: Frozen | undefined }>;

/** Answers questions about what was said and learned, a page at a time; the pages of one ranking do not change with what is written meanwhile. */
export class Recall {
  readonly #ranker: Ranker;
  readonly #accesses: AccessLog;

  constructor(...parts: ConstructorParameters<typeof Ranker>) {
    this.#ranker = new Ranker(...parts);
    this.#accesses = new AccessLog(parts[3]);
  }

  /** To be called before the database is closed. */
  close(): Promise<void> {
    return this.#accesses.close();
  }

  /** Memories, messages and nodes of the graph. */
  async find(
    store: Store,
    given: RecallFilter,
    { limit, maxTokens, cursor }: { limit: number; maxTokens?: number | undefined; cursor?: string | undefined },
  ): Promise<Recalled> {
    const filter = { ...given, query: given.query.normalize() };
    const bound = { ...filter, maxTokens, of: store.principal.tenantId, user: store.principal.user };
    const { start, frozen } = placeOf('recall', bound, cursor);
    const sources = readableSources(filter.sources, store.principal.scopes);
    if (sources.length === 0) {
      throw new AppError('forbidden', `This connection may not read ${filter.sources.join(' and ')}.`, { hint: 'Leave `sources` out.' });
    }
    const ranking = await this.#ranker.rank(store, { ...filter, sources }, { frozen });
    const wanted = await store.recall.load(ranking.ranked.slice(start, start + limit));
    const { hits, totalTokens } = withinTokens(wanted, maxTokens);
    this.#accesses.noted(
      store,
      hits.filter(({ source }) => source === 'memories').map(({ id }) => id),
    );
    const dropped = wanted.length - hits.length;
    const end = dropped > 0 ? start + hits.length : start + limit;
    return { hits, nextCursor: next('recall', bound, end, ranking, frozen), totalTokens, dropped, search: ranking.search };
  }

  /** Messages alone, as a search box finds them: "phrases" must occur, -words must not. A question also finds what answers it without its words. */
  async search(
    store: Store,
    { mode, ...filter }: MessageSearch,
    { limit, contextTurns, cursor }: { limit: number; contextTurns: number; cursor?: string | undefined },
  ): Promise<Found> {
    const bound = { ...filter, mode, of: store.principal.tenantId, boundUser: store.principal.user };
    const { start, frozen } = placeOf('search_messages', bound, cursor);
    const { words, ...conditions } = parseSearchText(filter.query.normalize());
    const ranking = await this.#ranker.rank(
      store,
      { ...filter, query: words, sources: ['messages'] },
      { mode: words.trim() === '' ? 'text' : mode, frozen, onlyMatches: !isQuestion(words), ...conditions },
    );
    const hits = await store.search.hits(ranking.ranked.slice(start, start + limit), ranking.reading, contextTurns);
    const empty = ranking.reading.analysis.allTerms.length === 0 && ranking.ranked.length === 0;
    return {
      hits,
      nextCursor: next('search_messages', bound, start + limit, ranking, frozen),
      search: ranking.search,
      note: empty ? 'There is no word to look for: common words such as “the” and excluded ones find nothing by themselves.' : null,
    };
  }
}

const NEEDS: Readonly<Record<RecallSource, Scope>> = { memories: 'memories:read', messages: 'conversations:read', graph: 'graph:read' };

/** Those of the sources that a connection with these scopes may read. */
export const readableSources = (sources: readonly RecallSource[], scopes: ReadonlySet<Scope>): RecallSource[] =>
  sources.filter((source) => scopes.has(NEEDS[source]));

function placeOf(list: string, filter: object, cursor: string | undefined): Place {
  if (cursor === undefined) return { start: 0, frozen: undefined };
  const [start, at, upTo, documents, length, counts] = decodeCursor(list, filter, cursor, place);
  return { start, frozen: { at, upTo, documents, length, counts } };
}

function next(list: string, filter: object, end: number, ranking: Ranking, frozen: Frozen | undefined): string | null {
  if (end >= ranking.ranked.length) return null;
  const { at, upTo, documents, length, counts } = frozen ?? freeze(ranking);
  return encodeCursor(list, filter, [end, at, upTo, documents, length, counts]);
}

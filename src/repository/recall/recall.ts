import { RECALL, type RecallWeights } from '../../recall/constants.js';
import { scoreMemories } from '../../recall/score-memories.js';
import { type Scored, scoreTurns } from '../../recall/score-turns.js';
import type { CorpusStatistics } from '../../recall/soft-terms.js';
import { Repository } from '../context.js';
import { CorpusFolder } from '../corpus-folder.js';
import { loadRecalled } from '../sql/load-recalled.js';
import { noteAccess } from '../sql/note-access.js';
import { type Neighbour, type QueryVector, VectorRepository } from '../vectors/vectors.js';
import { NearWords } from './near-words.js';
import { type Reach, RecallCandidates } from './recall-candidates.js';
import { type Reading, RecallReading } from './recall-reading.js';
import { corpusOf, type RankedHit, type RecallFilter, type RecallHit, type RecallSource, type ScoreParts } from './recall-records.js';

/** A query as a vector, and what a cosine with it counts beside words. */
export type Dense = Readonly<{ vector: QueryVector; weight: number }>;

export type RankOptions = {
  dense?: Dense | null | undefined;
  upTo?: string | null | undefined;
  weights?: RecallWeights | undefined;
  onlyMatches?: boolean | undefined;
};

/** So many come in for their meaning alone. */
const NEAREST = 100;
const MOST_BY_MEANING = 300;

/** Finds what was said and learned: candidates from the database, scored here, what is shown of the best loaded after. */
export class RecallRepository extends Repository {
  readonly #reading = new RecallReading(this.context);
  readonly #candidates = new RecallCandidates(this.context);
  readonly #nearWords = new NearWords(this.context);
  readonly #vectors = new VectorRepository(this.context);

  /** Counts changes that the statistics do not know of yet. True when there may be more. */
  fold(): Promise<boolean> {
    return new CorpusFolder(this.context.db, this.context.clock).fold(this.tenantId, this.context.transaction);
  }

  read(...args: Parameters<RecallReading['read']>): Promise<Reading> {
    return this.#reading.read(...args);
  }

  /** Everything a query finds, best first; nothing made after `upTo`. */
  async rank(
    reading: Reading,
    filter: RecallFilter,
    { dense = null, upTo = null, weights = RECALL, onlyMatches = false }: RankOptions = {},
  ): Promise<RankedHit[]> {
    const { allTerms, asksForTimeAlone } = reading.analysis;
    if (reading.scopeId === undefined || (allTerms.length === 0 && !dense && !asksForTimeAlone)) return [];
    const sources = this.sources(filter, reading);
    if (sources.length === 0) return [];
    const statistics = this.#nearWords.statistics(reading);
    const ranking = sources.map(async (source) => {
      const reach = {
        upTo,
        weights,
        onlyMatches,
        nearIds: dense ? (await this.near(source, filter, dense.vector, NEAREST)).map(({ id }) => id) : [],
      };
      return this.score(source, reading, filter, dense, reach, statistics);
    });
    const [, ...lists] = await Promise.all([statistics, ...ranking]);
    return comparable(lists.flat(), weights).sort((a, b) => b.score - a.score || (a.id < b.id ? 1 : -1));
  }

  /** Messages by meaning alone. */
  async rankByMeaning(filter: RecallFilter, vector: QueryVector, upTo: string | null = null): Promise<RankedHit[]> {
    const near = await this.near('messages', filter, vector, MOST_BY_MEANING);
    return near
      .filter(({ id }) => upTo === null || id <= upTo)
      .map(({ id, cosine }) => ({ source: 'messages', id, score: cosine, parts: { dense: cosine } }));
  }

  /** What is shown of hits, in their order. One that has gone since is left out. */
  async load(hits: readonly RankedHit[]): Promise<RecallHit[]> {
    if (hits.length === 0) return [];
    const ids = (wanted: RecallSource) => hits.filter(({ source }) => source === wanted).map(({ id }) => id);
    const rows = await this.context.db.query<Omit<RecallHit, keyof RankedHit> & { id: string }>(
      loadRecalled,
      [this.tenantId, this.userId, ids('messages'), ids('memories'), ids('graph')],
      this.context.transaction,
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    return hits.flatMap((hit) => {
      const row = byId.get(hit.id);
      return row ? [{ ...row, ...hit }] : [];
    });
  }

  /** How many times memories were recalled, by id. */
  async noteAccess(counts: ReadonlyMap<string, number>): Promise<void> {
    const values = [this.tenantId, this.userId, [...counts.keys()], [...counts.values()], this.context.clock()];
    await this.context.db.query(noteAccess, values, this.context.transaction);
  }

  private async score(
    source: RecallSource,
    reading: Reading,
    filter: RecallFilter,
    dense: Dense | null,
    reach: Reach,
    statistics: Promise<CorpusStatistics>,
  ): Promise<RankedHit[]> {
    const { analysis, now, neighbours } = reading;
    const options = { neighbours, weights: reach.weights, denseWeight: dense?.weight ?? 0 };
    const withCosines = async <C extends { id: string }>(candidates: C[]): Promise<(C & { cosine?: number | undefined })[]> => {
      if (!dense) return candidates;
      const ids = candidates.map(({ id }) => id);
      const cosines = await this.#vectors.cosines(corpusOf[source], ids, dense.vector);
      return candidates.map((candidate) => ({ ...candidate, cosine: cosines.get(candidate.id) }));
    };
    if (source === 'messages') {
      const { turns, wanted } = await this.#candidates.turns(reading, filter, reach, statistics);
      const scored = scoreTurns(await withCosines(turns), analysis, await statistics, options);
      return ranked(
        source,
        scored.filter(({ id }) => wanted.has(id)),
      );
    }
    const known = await statistics;
    const found =
      source === 'memories'
        ? await this.#candidates.memories(reading, filter, reach, known)
        : await this.#candidates.nodes(reading, filter, reach, known);
    return ranked(source, scoreMemories(await withCosines(found), analysis, known, now, options));
  }

  private near(source: RecallSource, filter: RecallFilter, vector: QueryVector, limit: number): Promise<Neighbour[]> {
    const { conversationId, user, roles, after, before } = filter;
    return this.#vectors.nearest(corpusOf[source], vector, limit, { conversationId, user, roles, after, before });
  }

  /** Those that have anything. Kinds and tags are of memories; a node of the graph belongs to no conversation, and to the principal's own graphs. */
  private sources({ sources, kinds, tags, conversationId, user }: RecallFilter, { present }: Reading): RecallSource[] {
    const ofMemories = kinds !== undefined || tags !== undefined;
    const ofGraph = conversationId === undefined && user === undefined;
    const apt = sources.filter((source) => source === 'memories' || (!ofMemories && (source === 'messages' || ofGraph)));
    return apt.filter((source) => present.has(corpusOf[source]));
  }
}

/**
 * What stands alone is a conversation of its own: it gets for how well it fits the query as a whole what a message gets for
 * its stretch, or the messages of any conversation would come before it.
 */
function comparable(hits: readonly RankedHit[], weights: RecallWeights): RankedHit[] {
  const best = Math.max(0, ...hits.map(({ parts }) => parts.words ?? 0));
  return hits.map((hit) => {
    if (hit.source === 'messages' || best === 0) return hit;
    const stretch = (weights.stretch * (hit.parts.words ?? 0)) / best;
    return { ...hit, score: hit.score + stretch, parts: { ...hit.parts, stretch } };
  });
}

const ranked = (source: RecallSource, scored: readonly Scored<ScoreParts>[]): RankedHit[] =>
  scored.map(({ id, score, components }) => ({ source, id, score, parts: components }));

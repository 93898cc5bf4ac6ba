import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.js';
import type { EmbeddingQueue, SpaceRecord } from '../../repository/embedding-queue.js';
import type { QueryVector } from '../../repository/vectors.js';
import type { Embedder } from './embedder.js';
import { ProviderDown } from './provider.js';
import type { EmbeddingSettings } from './settings.js';

/**
 * A question as a vector, or none; `degraded` says, for people, what search by meaning lacks at this moment. Both null: no
 * provider is configured, and nothing is lacking.
 */
export type QueryAnswer = { vector: QueryVector; degraded: string | null } | { vector: null; degraded: string | null };

/** A question waits no longer than this: an answer by words alone is better than a late one. */
const QUERY_DEADLINE_MS = 500;
/** What is known of the spaces of a tenant may be this old. */
const SPACES_AGE_MS = 5_000;

type Known = { at: number; spaces: Promise<SpaceRecord[]> };

/** Search by meaning: turns questions into vectors of the model that answers at the moment. Nothing in here fails a read or a write. */
export class Embeddings {
  readonly #settings: EmbeddingSettings;
  readonly #open: (tenantId: string) => Promise<EmbeddingQueue>;
  readonly #log: Log;
  readonly #spaces = new Map<string, Known>();
  readonly #earlier = new Map<string, Embedder | null>();
  #embedder: Promise<Embedder | null> | undefined;
  #closed = false;

  constructor(settings: EmbeddingSettings, open: (tenantId: string) => Promise<EmbeddingQueue>, log: Log) {
    this.#settings = settings;
    this.#open = open;
    this.#log = log;
  }

  /** Whether there is a provider at all: without one nothing can be searched by meaning. */
  get configured(): boolean {
    return this.#settings.embeddingsUrl !== null || this.#settings.embeddingsModelDir !== null;
  }

  /** How much a cosine counts beside words. */
  get weight(): number {
    return this.#settings.embeddingsWeight;
  }

  async queryVector(tenantId: string, text: string): Promise<QueryAnswer> {
    if (!this.configured || this.#closed) return { vector: null, degraded: null };
    try {
      return await this.#answer(tenantId, text);
    } catch (error) {
      this.#log.debug({ err: error }, 'no vector for a question');
      return { vector: null, degraded: 'Search by meaning does not work at the moment.' };
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    (await this.#embedder?.catch(() => null))?.close();
    for (const embedder of this.#earlier.values()) embedder?.close();
  }

  async #answer(tenantId: string, text: string): Promise<QueryAnswer> {
    const [embedder, spaces] = await Promise.all([this.#own(), this.#spacesOf(tenantId)]);
    if (!embedder) return { vector: null, degraded: null };
    const own = ownSpace(embedder, spaces, this.#settings.embeddingsDimensions);
    if (own) embedder.expectWidth(own.dimensions);
    const earlier = own?.coveredAt
      ? undefined
      : spaces.find((space) => space !== own && space.provider === embedder.provider.name && space.coveredAt);
    if (earlier) {
      const answer = await this.#ask(await this.#earlierEmbedder(earlier), earlier, text);
      if (answer.vector) return answer;
    }
    if (!own) return { vector: null, degraded: embedder.trouble ?? 'Nothing has been embedded yet.' };
    const answer = await this.#ask(embedder, own, text);
    return own.coveredAt ? answer : { ...answer, degraded: answer.degraded ?? 'Not everything has been embedded yet.' };
  }

  async #ask(embedder: Embedder | null, space: SpaceRecord, text: string): Promise<QueryAnswer> {
    if (!embedder) return { vector: null, degraded: `The model ${space.model} is not at hand any more.` };
    const deadline = new AbortController();
    try {
      const values = await Promise.race([
        embedder.query(text),
        sleep(QUERY_DEADLINE_MS, null, { signal: deadline.signal, ref: false }).catch(() => null),
      ]);
      if (values === null) return { vector: null, degraded: 'The embedding provider did not answer in time.' };
      const { provider, model, dimensions } = space;
      return { vector: { values, space: { provider, model, dimensions } }, degraded: null };
    } catch (error) {
      if (!(error instanceof ProviderDown)) throw error;
      return { vector: null, degraded: embedder.trouble ?? `The embedding provider does not work: ${error.message}.` };
    } finally {
      deadline.abort();
    }
  }

  #own(): Promise<Embedder | null> {
    this.#embedder ??= import('./settings.js').then(({ createEmbedder }) => createEmbedder(this.#settings));
    return this.#embedder;
  }

  async #earlierEmbedder(space: SpaceRecord): Promise<Embedder | null> {
    const key = JSON.stringify([space.model, space.dimensions, space.queryPrefix]);
    if (!this.#earlier.has(key)) {
      const { createEarlierEmbedder } = await import('./settings.js');
      this.#earlier.set(key, createEarlierEmbedder(this.#settings, space));
    }
    return this.#earlier.get(key) ?? null;
  }

  #spacesOf(tenantId: string): Promise<SpaceRecord[]> {
    const now = performance.now();
    const known = this.#spaces.get(tenantId);
    if (known && now - known.at < SPACES_AGE_MS) return known.spaces;
    const spaces = this.#open(tenantId).then((queue) => queue.spaces());
    this.#spaces.set(tenantId, { at: now, spaces });
    spaces.catch(() => this.#spaces.delete(tenantId));
    return spaces;
  }
}

/** The space of the configured model; where no width is configured, the newest of it. */
export const ownSpace = (
  { provider: { name, model } }: Embedder,
  spaces: readonly SpaceRecord[],
  dimensions: number | null,
): SpaceRecord | undefined =>
  spaces.find((space) => space.provider === name && space.model === model && (dimensions === null || space.dimensions === dimensions));

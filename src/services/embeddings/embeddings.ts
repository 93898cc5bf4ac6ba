import { basename, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../errors.js';
import type { Log } from '../../log.js';
import type { EmbeddingModel } from '../../repository/stats.js';
import type { EmbeddingQueue, SpaceRecord } from '../../repository/vectors/embedding-queue.js';
import type { QueryVector, VectorSpace } from '../../repository/vectors/vectors.js';
import { BackgroundLoop } from './background-loop.js';
import type { Embedder } from './embedder.js';
import { EmbeddingWork } from './embedding-work.js';
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
const SPACES_AGE_MS = 2_000;
/** How often a query may ask whether its space needs an index. */
const INDEX_CHECK_MS = 10_000;

type Open = (tenantId: string) => Promise<EmbeddingQueue>;

/** Search by meaning: vectors of questions, and in the background of what is stored. Nothing in here fails a read or a write, or makes one wait for long. */
export class Embeddings {
  readonly #settings: EmbeddingSettings;
  readonly #open: Open;
  readonly #log: Log;
  readonly #work: EmbeddingWork;
  readonly #spaces = new Map<string, { at: number; spaces: Promise<SpaceRecord[]> }>();
  readonly #loops = new Map<string, BackgroundLoop>();
  readonly #indexChecks = new Map<string, number>();
  /** Vectors stored for tenants that are being caught up with. */
  readonly #stored = new Map<string, number>();
  #closed = false;

  constructor(settings: EmbeddingSettings, open: Open, log: Log) {
    this.#settings = settings;
    this.#open = open;
    this.#log = log;
    this.#work = new EmbeddingWork(settings, log, (count, tenantId) => {
      const stored = this.#stored.get(tenantId);
      if (stored !== undefined) this.#stored.set(tenantId, stored + count);
    });
  }

  /** Whether there is a provider at all: without one nothing can be searched by meaning. */
  get configured(): boolean {
    return this.#settings.embeddingsUrl !== null || this.#settings.embeddingsModelDir !== null;
  }

  /** How much a cosine counts beside words. */
  get weight(): number {
    return this.#settings.embeddingsWeight;
  }

  /** The models that everything should have a vector of. */
  get models(): EmbeddingModel[] {
    const { embeddingsUrl: url, embeddingsModelDir: folder, embeddingsModel: model, embeddingsDimensions: dimensions } = this.#settings;
    if (folder !== null) return [{ provider: 'onnx', model: model ?? basename(resolve(folder)), dimensions }];
    return url === null || model === null ? [] : [{ provider: 'api', model, dimensions }];
  }

  /** From now on this process embeds what the tenant has, unless another one is at it. */
  serve(tenantId: string): void {
    if (!this.configured || this.#closed || this.#loops.has(tenantId)) return;
    const round = async (hinted: boolean) => this.#work.round(await this.#open(tenantId), tenantId, hinted);
    this.#loops.set(tenantId, new BackgroundLoop(round, this.#log));
  }

  /** To be called after a commit: there may be something to embed. */
  wrote(tenantId: string): void {
    this.#loops.get(tenantId)?.hint();
  }

  /** Embeds what is due in a tenant that this process does not serve, unless another process is at it. Answers how many vectors were stored. */
  async catchUp(tenantId: string): Promise<number> {
    if (!this.configured || this.#closed || this.#loops.has(tenantId) || this.#stored.has(tenantId)) return 0;
    this.#stored.set(tenantId, 0);
    try {
      const [embedder, queue] = await Promise.all([this.#work.embedder(), this.#open(tenantId)]);
      if (embedder) await this.#work.work(queue, tenantId, embedder, true);
      return this.#stored.get(tenantId) ?? 0;
    } catch (error) {
      if (!(error instanceof ProviderDown)) throw error;
      throw new AppError('unavailable', `The embedding provider does not work: ${error.message}.`, { cause: error });
    } finally {
      this.#stored.delete(tenantId);
    }
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

  /** Makes an index for a space that has become large, in the background and not often. */
  considerIndex(tenantId: string, space: VectorSpace): void {
    const key = JSON.stringify([tenantId, space.provider, space.model, space.dimensions]);
    const now = performance.now();
    if (this.#closed || now - (this.#indexChecks.get(key) ?? Number.NEGATIVE_INFINITY) < INDEX_CHECK_MS) return;
    this.#indexChecks.set(key, now);
    this.#open(tenantId)
      .then((queue) => queue.ensureIndexes(space))
      .catch((error: unknown) => this.#log.debug({ err: error }, 'no index for vectors was made'));
  }

  /** Gives up what is under way; what was not stored is due again with the next start. To be called before the database is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#work.close();
    await Promise.all([...this.#loops.values()].map((loop) => loop.close()));
  }

  async #answer(tenantId: string, text: string): Promise<QueryAnswer> {
    const [embedder, spaces] = await Promise.all([this.#work.embedder(), this.#spacesOf(tenantId)]);
    if (!embedder) return { vector: null, degraded: null };
    const { own, earlier } = this.#work.choose(embedder, spaces);
    if (earlier) {
      const answer = await this.#ask(await this.#work.earlierEmbedder(earlier), earlier, text);
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
      const late = sleep(QUERY_DEADLINE_MS, null, { signal: deadline.signal, ref: false }).catch(() => null);
      const values = await Promise.race([embedder.query(text), late]);
      if (values === null) return { vector: null, degraded: embedder.trouble ?? 'The embedding provider did not answer in time.' };
      const { provider, model, dimensions } = space;
      return { vector: { values, space: { provider, model, dimensions } }, degraded: null };
    } catch (error) {
      if (!(error instanceof ProviderDown)) throw error;
      return { vector: null, degraded: embedder.trouble ?? `The embedding provider does not work: ${error.message}.` };
    } finally {
      deadline.abort();
    }
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

import type { Log } from '../../log.js';
import type { EmbeddingQueue, SpaceRecord } from '../../repository/vectors/embedding-queue.js';
import { OWN_PROVIDERS } from '../../repository/vectors/own-providers.js';
import type { Embedder } from './embedder.js';
import { ProviderDown } from './provider.js';
import type { EmbeddingSettings } from './settings.js';
import { type Outcome, TenantEmbedding } from './tenant-embedding.js';

/** Another process may have written something: how long it takes us to see it. */
const IDLE_MS = 5_000;
/** Who worked on it is looked for again after this. */
const BUSY_MS = 5_000;
/** Memories and nodes leave no events: without a hint they are looked at this often. */
const THOROUGH_MS = 60_000;
const INDEX_CHECK_MS = 60_000;

type Spaces = { own: SpaceRecord | undefined; earlier: SpaceRecord | undefined };

/** What a process does with its provider: one round of embedding for a tenant at a time, and the choice of the model that answers. */
export class EmbeddingWork {
  readonly #settings: EmbeddingSettings;
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #earlier = new Map<string, Embedder | null>();
  readonly #tenants = new Map<string, TenantEmbedding>();
  readonly #thorough = new Map<string, number>();
  readonly #indexed = new Map<string, number>();
  readonly #prefixed = new Set<string>();
  readonly #saved: (count: number, tenantId: string) => void;
  #embedder: Promise<Embedder | null> | undefined;

  constructor(settings: EmbeddingSettings, log: Log, saved: (count: number, tenantId: string) => void = () => {}) {
    this.#settings = settings;
    this.#log = log;
    this.#saved = saved;
  }

  /** The configured provider; the code for it is loaded with the first use. */
  embedder(): Promise<Embedder | null> {
    this.#embedder ??= import('./settings.js').then(({ createEmbedder }) => createEmbedder(this.#settings));
    return this.#embedder;
  }

  async earlierEmbedder(space: SpaceRecord): Promise<Embedder | null> {
    const key = JSON.stringify([space.model, space.dimensions, space.queryPrefix, space.documentPrefix]);
    if (!this.#earlier.has(key)) {
      const { createEarlierEmbedder } = await import('./settings.js');
      this.#earlier.set(key, createEarlierEmbedder(this.#settings, space));
    }
    return this.#earlier.get(key) ?? null;
  }

  /** The space of the configured model, of its newest width where none is configured, and the one that answers until that has everything. */
  choose(embedder: Embedder, spaces: readonly SpaceRecord[]): Spaces {
    const { provider } = embedder;
    const { embeddingsDimensions: wanted } = this.#settings;
    const own = spaces.find(
      ({ provider: name, model, dimensions }) =>
        name === provider.name && model === provider.model && (wanted === null || dimensions === wanted),
    );
    if (own) embedder.expectWidth(own.dimensions);
    const earlier = own?.coveredAt
      ? undefined
      : spaces.find((space) => space !== own && space.provider === provider.name && space.coveredAt);
    return { own, earlier };
  }

  /** Brings the tenant up to date, if there is anything to do and nobody else does it. Answers how long to wait before the next round. */
  async round(queue: EmbeddingQueue, tenantId: string, hinted: boolean): Promise<number> {
    const embedder = await this.embedder();
    if (!embedder) return BUSY_MS;
    try {
      const outcome = await this.work(queue, tenantId, embedder, hinted);
      return outcome === 'busy' ? BUSY_MS : IDLE_MS;
    } catch (error) {
      if (this.#closing.signal.aborted) return IDLE_MS;
      if (!(error instanceof ProviderDown)) throw error;
      this.#log.debug({ err: error }, 'the embedding provider does not work; what is due waits');
      return Math.max(embedder.waitMs, 1_000);
    }
  }

  async work(queue: EmbeddingQueue, tenantId: string, embedder: Embedder, hinted: boolean): Promise<Outcome> {
    const { own, earlier } = await this.#spaces(queue, tenantId, embedder);
    const thorough = this.#isThorough(tenantId, hinted);
    if (!(await queue.hasWork(own, thorough))) return this.#afterwards(queue, own);
    const tenant = this.#tenants.get(tenantId) ?? new TenantEmbedding(queue, this.#closing.signal, (count) => this.#saved(count, tenantId));
    this.#tenants.set(tenantId, tenant);
    // What is said during a change of models must be found by the one that answers, too.
    if (earlier) await this.#follow(tenant, earlier);
    const outcome = await tenant.run(own, embedder, { walking: true });
    return outcome === 'done' ? this.#afterwards(queue, own) : outcome;
  }

  close(): void {
    this.#closing.abort();
    void this.#embedder?.then((embedder) => embedder?.close());
    for (const embedder of this.#earlier.values()) embedder?.close();
  }

  async #spaces(queue: EmbeddingQueue, tenantId: string, embedder: Embedder): Promise<Spaces & { own: SpaceRecord }> {
    const known = this.choose(embedder, await queue.spaces());
    if (known.own && this.#prefixed.has(tenantId)) return { ...known, own: known.own };
    const { name: provider, model } = embedder.provider;
    const { embeddingsQueryPrefix: query, embeddingsDocumentPrefix: document } = this.#settings;
    await queue.register({ provider, model, dimensions: known.own?.dimensions ?? (await embedder.measure()) }, { query, document });
    this.#prefixed.add(tenantId);
    const made = this.choose(embedder, await queue.spaces());
    return { ...made, own: made.own! };
  }

  async #follow(tenant: TenantEmbedding, space: SpaceRecord): Promise<void> {
    try {
      const embedder = await this.earlierEmbedder(space);
      if (embedder) await tenant.run(space, embedder, { walking: false });
    } catch (error) {
      if (!(error instanceof ProviderDown)) throw error;
      this.#log.debug({ err: error }, 'the earlier embedding model is gone');
    }
  }

  /** Room for what makes it faster, and an end for what is not needed any more. */
  async #afterwards(queue: EmbeddingQueue, own: SpaceRecord): Promise<Outcome> {
    const now = performance.now();
    if (now - (this.#indexed.get(own.id) ?? Number.NEGATIVE_INFINITY) > INDEX_CHECK_MS) {
      this.#indexed.set(own.id, now);
      await queue.ensureIndexes(own);
    }
    if (this.#settings.embeddingsPrune) await this.prune(queue, own.id);
    return 'done';
  }

  /** Removes what other models of ours have, once ours has everything. Answers how many vectors went. */
  async prune(queue: EmbeddingQueue, ownId: string): Promise<number> {
    const spaces = await queue.spaces();
    if (!spaces.some(({ id, coveredAt }) => id === ownId && coveredAt)) return 0;
    let removed = 0;
    for (const space of spaces)
      if (space.id !== ownId && (OWN_PROVIDERS as readonly string[]).includes(space.provider)) removed += (await queue.prune(space)) ?? 0;
    return removed;
  }

  #isThorough(tenantId: string, hinted: boolean): boolean {
    const now = performance.now();
    if (!hinted && now - (this.#thorough.get(tenantId) ?? Number.NEGATIVE_INFINITY) < THOROUGH_MS) return false;
    this.#thorough.set(tenantId, now);
    return true;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../errors.js';
import type { Log } from '../../log.js';
import type { EmbeddingQueue } from '../../repository/vectors/embedding-queue.js';
import type { Embedder } from './embedder.js';
import { EmbeddingWork } from './embedding-work.js';
import { ProviderDown } from './provider.js';
import type { EmbeddingSettings } from './settings.js';

export type SpaceReport = {
  provider: string;
  model: string;
  dimensions: number;
  vectors: number;
  pending: number;
  /** `answers` questions now; `growing` until it has everything; `earlier` and no longer needed. */
  state: 'answers' | 'growing' | 'earlier';
};
export type EmbeddingReport = {
  configured: { provider: string; model: string } | null;
  trouble: string | null;
  pending: number;
  spaces: SpaceReport[];
};

/** A provider that fails so often in a row is not waited for any longer. */
const PATIENCE = 5;
const ELSEWHERE_MS = 1_000;

/** What an operator does with embeddings, in the foreground and for one tenant. */
export class EmbeddingMaintenance {
  readonly #queue: EmbeddingQueue;
  readonly #tenantId: string;
  readonly #settings: EmbeddingSettings;
  readonly #work: EmbeddingWork;

  constructor(queue: EmbeddingQueue, tenantId: string, settings: EmbeddingSettings, log: Log) {
    this.#queue = queue;
    this.#tenantId = tenantId;
    this.#settings = settings;
    this.#work = new EmbeddingWork(settings, log);
  }

  async status(): Promise<EmbeddingReport> {
    const embedder = await this.#work.embedder();
    const spaces = await this.#queue.spaces();
    const { own, earlier } = embedder ? this.#work.choose(embedder, spaces) : { own: undefined, earlier: undefined };
    const answering = earlier ?? own;
    const reports: SpaceReport[] = [];
    for (const space of spaces) {
      const { provider, model, dimensions } = space;
      const { messages, memories } = await this.#queue.count(space);
      const state = space === answering && space.coveredAt ? 'answers' : space === own ? 'growing' : 'earlier';
      reports.push({ provider, model, dimensions, vectors: messages + memories, pending: await this.#queue.pending(space), state });
    }
    if (!embedder) return { configured: null, trouble: null, pending: 0, spaces: reports };
    const { name: provider, model } = embedder.provider;
    const pending = await this.#queue.pending({ provider, model, dimensions: own?.dimensions ?? this.#settings.embeddingsDimensions });
    return { configured: { provider, model }, trouble: await troubleOf(embedder), pending, spaces: reports };
  }

  /** Embeds everything that is due, also what the background would look at later; answers what is left over. */
  async backfill(progress: (pending: number) => void): Promise<number> {
    const embedder = await this.#embedder();
    const own = this.#work.choose(embedder, await this.#queue.spaces()).own;
    if (own) await this.#queue.restartWalk(own);
    const { name: provider, model } = embedder.provider;
    const pending = () => this.#queue.pending({ provider, model, dimensions: embedder.width });
    const timer = setInterval(() => void pending().then(progress, () => undefined), 1_000);
    try {
      for (let failures = 0; ; ) {
        const before = await pending();
        try {
          if ((await this.#work.work(this.#queue, this.#tenantId, embedder, true)) !== 'busy') break;
          await sleep(ELSEWHERE_MS);
        } catch (error) {
          if (!(error instanceof ProviderDown)) throw error;
          failures = (await pending()) < before ? 1 : failures + 1;
          if (failures >= PATIENCE) throw unavailable(error.message);
          await sleep(Math.max(embedder.waitMs, ELSEWHERE_MS));
        }
      }
      const made = this.#work.choose(embedder, await this.#queue.spaces()).own;
      if (made) await this.#queue.ensureIndexes(made, { patient: true });
      return await pending();
    } finally {
      clearInterval(timer);
    }
  }

  /** Removes the vectors of earlier models; refuses while the present one has not everything. */
  async prune(): Promise<number> {
    const embedder = await this.#embedder();
    const { own } = this.#work.choose(embedder, await this.#queue.spaces());
    if (!own?.coveredAt)
      throw new AppError(
        'conflict',
        `The model ${embedder.provider.model} has not everything yet; an earlier one may still be answering.`,
        {
          hint: 'Run `recollect embeddings backfill` first.',
        },
      );
    return this.#work.prune(this.#queue, own.id);
  }

  close(): void {
    this.#work.close();
  }

  async #embedder(): Promise<Embedder> {
    const embedder = await this.#work.embedder();
    if (embedder) return embedder;
    throw new AppError('invalid_input', 'No embedding provider is configured.', {
      hint: 'Set RECOLLECT_EMBEDDINGS_URL and RECOLLECT_EMBEDDINGS_MODEL, or RECOLLECT_EMBEDDINGS_MODEL_DIR.',
    });
  }
}

const unavailable = (reason: string) =>
  new AppError('unavailable', `The embedding provider does not work: ${reason}.`, {
    hint: 'What was embedded stays. Run it again when it works.',
  });

async function troubleOf(embedder: Embedder): Promise<string | null> {
  try {
    await embedder.query('hello');
    return null;
  } catch (error) {
    if (!(error instanceof ProviderDown)) throw error;
    return error.message;
  }
}

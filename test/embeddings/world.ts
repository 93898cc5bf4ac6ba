import { expect } from 'vitest';
import { createLog } from '../../src/log.js';
import { EmbeddingQueue } from '../../src/repository/vectors/embedding-queue.js';
import { EmbeddingWork } from '../../src/services/embeddings/embedding-work.js';
import { Embeddings } from '../../src/services/embeddings/embeddings.js';
import type { EmbeddingSettings } from '../../src/services/embeddings/settings.js';
import { NO_EMBEDDINGS } from '../support/embeddings.js';
import type { TestEngine } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import type { EmbeddingServer } from './server.js';

export const log = createLog('silent');
export const settingsOf = (server: EmbeddingServer, more: Partial<EmbeddingSettings> = {}): EmbeddingSettings => ({
  ...NO_EMBEDDINGS,
  embeddingsUrl: server.url,
  embeddingsModel: 'first',
  embeddingsTimeoutMs: 2_000,
  embeddingsBatch: 8,
  ...more,
});

/** A process that serves a tenant: asks for vectors of questions, and embeds in the background unless it is told not to. */
export function processOf(engine: TestEngine, tenantId: string, settings: EmbeddingSettings, { working = true } = {}) {
  const open = async (id: string) => new EmbeddingQueue(engine.db, id);
  const embeddings = new Embeddings(settings, open, log);
  if (working) embeddings.serve(tenantId);
  return Object.assign(embeddings, { [Symbol.asyncDispose]: () => embeddings.close() });
}

/** Everything that is due, embedded here and now. */
export async function catchUp(engine: TestEngine, tenantId: string, settings: EmbeddingSettings) {
  const work = new EmbeddingWork(settings, log);
  const embedder = (await work.embedder())!;
  const outcome = await work.work(new EmbeddingQueue(engine.db, tenantId), tenantId, embedder, true);
  work.close();
  return outcome;
}

export const say = (count: number, what = 'a cat') =>
  Array.from({ length: count }, (_, at) => ({ role: 'user' as const, content: `${what} number ${at}` }));
export const until = <T>(read: () => Promise<T>, wanted: (value: T) => boolean) =>
  expect.poll(async () => wanted(await read()), { timeout: 15_000, interval: 30 }).toBe(true);

/** A tenant with nothing in it, and what is embedded and pending there. */
export async function worldOf(engine: TestEngine) {
  const tenantId = await engine.freshTenant();
  const store = await storeFor(engine.db, { tenantId });
  const vectors = (model = 'first') => engine.models.MessageVector.findAll({ where: { tenantId, model } });
  const pending = async (model = 'first') => (await store.stats.summary({}, [{ provider: 'api', model }])).pendingEmbeddings;
  return { tenantId, store, vectors, pending };
}

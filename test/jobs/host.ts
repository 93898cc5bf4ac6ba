import { loadConfig } from '../../src/config.js';
import type { Database } from '../../src/db/database.js';
import type { Job, JobHost } from '../../src/jobs/define.js';
import { JobLoop } from '../../src/jobs/loop.js';
import { createLog } from '../../src/log.js';
import { ChangeSource } from '../../src/repository/change-source.js';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import { JobRecords } from '../../src/repository/system/jobs.js';
import { EmbeddingQueue } from '../../src/repository/vectors/embedding-queue.js';
import { ChangeFeed } from '../../src/services/change-feed.js';
import { CorpusKeeper } from '../../src/services/corpus-keeper.js';
import { Embeddings } from '../../src/services/embeddings/embeddings.js';
import { modelsOf, storeFor } from '../support/store.js';

export type Clock = { now: Date };

/** A process as jobs see it, with a clock of its own. */
function hostOn(db: Database, clock: Clock, env: Record<string, string> = {}): JobHost {
  const log = createLog('silent');
  const config = loadConfig({}, env);
  const systemStore = (tenantId: string) => storeFor(db, { tenantId, role: 'system', clock: () => clock.now });
  const changes = new ChangeFeed(async () => new ChangeSource(db), log);
  const corpus = new CorpusKeeper(async () => new CorpusFolder(db, () => clock.now), log);
  return {
    config,
    log,
    clock: () => clock.now,
    database: async () => ({ db, models: modelsOf(db) }),
    systemStore,
    embeddings: new Embeddings(config, async (tenantId) => new EmbeddingQueue(db, tenantId), log),
    retention: {
      systemStore,
      wrote(tenantId) {
        for (const follower of [changes, corpus]) follower.wrote(tenantId);
      },
    },
  };
}

export type Server = { loop: JobLoop; host: JobHost; records: JobRecords; look(): Promise<void> };

/** A server that looks for due jobs whenever it is told to. */
export async function serverOn(db: Database, clock: Clock, jobs: readonly Job[], env?: Record<string, string>): Promise<Server> {
  const host = hostOn(db, clock, env);
  const records = new JobRecords(db, host.clock);
  const loop = new JobLoop(host, records, jobs);
  await loop.prepare();
  return { loop, host, records, look: () => loop.look() };
}

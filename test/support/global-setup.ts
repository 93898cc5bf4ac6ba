import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrateUp } from '../../src/db/migrate.js';
import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import { createDatabase, dropDatabase, newDatabaseName, withDatabase } from './databases.js';
import { startPostgres } from './postgres-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A data folder with the whole schema, closed; copied for each test file. */
    embeddedTemplate: string;
    /** A server and a database on it with the whole schema; null when no server could be had. */
    postgres: { url: string; template: string } | null;
  }
}

const options = { durability: 'fast', logSql: false, poolMax: 2 } as const;

/** Makes one migrated template for each engine, once a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = createLog('error');
  const folder = await mkdtemp(join(tmpdir(), 'recollect-test-'));
  const embeddedTemplate = join(folder, 'template');

  const prepareEmbedded = async () => {
    const db = await openDatabase({ ...options, url: null, dataDir: embeddedTemplate }, log);
    await migrateUp(db);
    await db.close();
  };
  const preparePostgres = async () => {
    const server = await startPostgres();
    const template = newDatabaseName();
    await createDatabase(server.url, template);
    const db = await openDatabase({ ...options, url: withDatabase(server.url, template), dataDir: folder }, log);
    await migrateUp(db);
    await db.close();
    return { server, template };
  };

  const [, postgres] = await Promise.all([
    prepareEmbedded(),
    preparePostgres().catch((error: unknown) => {
      if (process.env.RECOLLECT_TEST_DATABASE_URL) throw error;
      process.stderr.write(`\n*** No PostgreSQL server: every test on it is SKIPPED. ***\n${String(error)}\n\n`);
      return null;
    }),
  ]);
  project.provide('embeddedTemplate', embeddedTemplate);
  project.provide('postgres', postgres && { url: postgres.server.url, template: postgres.template });

  return async () => {
    if (postgres) {
      await dropDatabase(postgres.server.url, postgres.template);
      await postgres.server.stop();
    }
    await rm(folder, { recursive: true, force: true });
  };
}
